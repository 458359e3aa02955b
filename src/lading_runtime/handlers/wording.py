"""Values in words, for a client."""

from __future__ import annotations

import typing
from typing import Any

import msgspec

NAMES: dict[Any, str] = {
    list: "array", tuple: "array", set: "array", frozenset: "array", dict: "object",
    type(None): "null", Any: "any", bytes: "bytes",
}  # fmt: skip
SHOWN = 60
"""Characters of a value that an error repeats."""


def choices(values: typing.Sequence[Any]) -> str:
    return "one of " + ", ".join(repr(value) for value in values)


def came(value: Any) -> str:
    """A value as JSON, shortened."""
    try:
        text = msgspec.json.encode(value).decode()
    except Exception:
        return type(value).__name__
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def kind(value: Any) -> str:
    """The name JSON has for a value's type: `str`, `array`, `null`, …"""
    return NAMES.get(type(value)) or type(value).__name__
