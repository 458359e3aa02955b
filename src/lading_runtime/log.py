"""One JSON object a line on stderr: the runtime's own words, and those of the user's `logging`.

What is logged while a request is answered carries its `request_id` and `trace_id`.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from typing import Any, Optional

import msgspec

from . import tracing

LEVELS = ("debug", "info", "warning", "error", "critical")


def write(level: str, event: str, error: Optional[BaseException] = None, **fields: Any) -> None:
    """`level` is one of LEVELS; an error's traceback is added whole."""
    line: dict[str, Any] = {"time": moment(time.time()), "level": level, "event": event, **fields}
    of_request(line)
    if error is not None:
        line["traceback"] = trace(error)
    put(line)


def install(service: str) -> None:
    """Let what user code logs be written as every other line.

    Where the user's code gives `logging` handlers of its own, these are used instead, as ever.
    LADING_LOG_LEVEL says from which level on; warnings and worse without it.
    """
    from . import log_records

    level = os.environ.get("LADING_LOG_LEVEL", "").lower()
    log_records.install(service, level if level in LEVELS else None)


def of_request(line: dict[str, Any]) -> None:
    """Adds which request is being answered, if it is not said already."""
    context = tracing.current()
    if context is None:
        return
    if line.setdefault("request_id", context.request_id) == context.request_id:
        line["trace_id"] = context.trace.trace_id


def trace(error: BaseException) -> str:
    """The traceback, as Python prints it."""
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def moment(seconds: float) -> str:
    """A time since 1970 in UTC, to the millisecond."""
    day = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{day}.{int(seconds * 1000) % 1000:03}Z"


def put(line: dict[str, Any]) -> None:
    """Write it, whatever its values are: what has no form in JSON as its `repr`."""
    try:
        text = msgspec.json.encode(line, enc_hook=repr)
    except (TypeError, ValueError, RecursionError, OverflowError):
        text = msgspec.json.encode({_plain(name): _plain(value) for name, value in line.items()})
    sys.stderr.write(text.decode() + "\n")
    sys.stderr.flush()


def _plain(value: Any) -> str:
    if isinstance(value, str):  # one that holds what UTF-8 has no bytes for
        return value.encode("utf-8", "backslashreplace").decode()
    return ascii(value)
