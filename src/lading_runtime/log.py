"""One JSON object a line on stderr."""

from __future__ import annotations

import sys
import time
import traceback
from typing import Any, Optional

import msgspec


def write(level: str, event: str, error: Optional[BaseException] = None, **fields: Any) -> None:
    """`level` is info, warning or error; an error's traceback is added whole."""
    line: dict[str, Any] = {"time": _now(), "level": level, "event": event, **fields}
    if error is not None:
        trace = traceback.format_exception(type(error), error, error.__traceback__)
        line["traceback"] = "".join(trace)
    try:
        text = msgspec.json.encode(line).decode()
    except (TypeError, UnicodeError):
        text = repr(line)
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _now() -> str:
    now = time.time()
    day = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    return f"{day}.{int(now * 1000) % 1000:03}Z"
