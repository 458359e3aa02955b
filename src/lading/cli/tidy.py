"""Log lines for a person: what a server writes as JSON, said in a line, a traceback below it."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

_KNOWN = ("time", "level", "event", "logger", "message", "service", "traceback")


def tidy(text: str) -> list[str]:
    """The lines to show for one line of a log. What is not a server's JSON is shown as it is."""
    entry = parse(text)
    if entry is None:
        return [text]
    fields = " ".join(f"{key}={value}" for key, value in entry.items() if key not in _KNOWN)
    level = "" if entry.get("level") == "info" else f"{entry.get('level')}: "
    first = f"{level}{_said(entry)} {fields}".rstrip()
    return [first, *(f"    {line}" for line in str(entry.get("traceback", "")).splitlines())]


def without_our_frames(lines: list[str]) -> list[str]:
    """A traceback from the first line of the user's code on; any other lines as they are."""
    for number, line in enumerate(lines):
        if '"/app/' in line:
            return lines[number:]
    return lines


def parse(text: str) -> dict[str, Any] | None:
    """An entry of a server's log, its own or its handler's; None for any other line."""
    if not text.startswith("{"):
        return None
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    return entry if "event" in entry or {"level", "logger", "message"} <= entry.keys() else None


def names(text: str, ids: Collection[str]) -> bool:
    """Whether it is an entry of a log, of a request or a trace with one of these ids."""
    entry = parse(text) or {}
    # Whatever a handler prints may look like an entry, with values of any type.
    named = (entry.get(key) for key in ("request_id", "trace_id"))
    return any(isinstance(one, str) and one in ids for one in named)


def is_routine(text: str) -> bool:
    """Whether a line of the server's own says only that all is well."""
    entry = parse(text)
    return entry is not None and "event" in entry and entry.get("level") == "info"


def _said(entry: dict[str, Any]) -> str:
    if "event" in entry:
        return str(entry["event"])
    return f"{entry['logger']}: {entry['message']}"
