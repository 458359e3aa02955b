"""Log lines for a person: what a server writes as JSON, said in a line, a traceback below it."""

from __future__ import annotations

import json
from typing import Any

_KNOWN = ("time", "level", "event", "service", "traceback")


def tidy(text: str) -> list[str]:
    """The lines to show for one line of a log. What is not a server's JSON is shown as it is."""
    entry = parse(text)
    if entry is None:
        return [text]
    fields = " ".join(f"{key}={value}" for key, value in entry.items() if key not in _KNOWN)
    level = "" if entry.get("level") == "info" else f"{entry.get('level')}: "
    first = f"{level}{entry['event']} {fields}".rstrip()
    return [first, *(f"    {line}" for line in str(entry.get("traceback", "")).splitlines())]


def without_our_frames(lines: list[str]) -> list[str]:
    """A traceback from the first line of the user's code on; any other lines as they are."""
    for number, line in enumerate(lines):
        if '"/app/' in line:
            return lines[number:]
    return lines


def parse(text: str) -> dict[str, Any] | None:
    """A server's log entry; None for any other line."""
    if not text.startswith("{"):
        return None
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "event" in entry else None


def is_routine(text: str) -> bool:
    """Whether a line says only that all is well."""
    entry = parse(text)
    return entry is not None and entry.get("level") == "info"
