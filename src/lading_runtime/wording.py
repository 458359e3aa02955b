"""Types and values in words, for a client."""

from __future__ import annotations

import enum
import typing
from typing import Any, Literal, Union

import msgspec

NAMES: dict[Any, str] = {
    list: "array", tuple: "array", set: "array", frozenset: "array", dict: "object",
    type(None): "null", Any: "any", bytes: "bytes",
}  # fmt: skip
SHOWN = 60
"""Characters of a value that an error repeats."""


def expected(hint: Any) -> str:
    """`int`, `str or null`, `array of int`, `one of 'a', 'b'`, or the class's name."""
    if hasattr(hint, "__metadata__"):
        return expected(hint.__origin__)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return choices(arguments)
    if origin is Union or type(hint).__name__ == "UnionType":
        return " or ".join(expected(argument) for argument in arguments)
    if isinstance(hint, type) and issubclass(hint, enum.Enum) and origin is None:
        return choices([member.value for member in hint])
    if origin in (list, set, frozenset) and arguments:
        return f"array of {expected(arguments[0])}"
    plain = origin or hint
    return str(NAMES.get(plain) or getattr(plain, "__name__", plain))


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
