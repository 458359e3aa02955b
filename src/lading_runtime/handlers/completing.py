"""Gives decoded dataclasses the defaults that msgspec leaves to the class.

msgspec does not set a field that was not sent: reading it works, through the class, but `vars()`
and encoding miss it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec


def needed(nodes: list[Any]) -> bool:
    """Whether a type, given as all its nodes, holds a dataclass with defaults."""
    return any(
        isinstance(node, msgspec.inspect.DataclassType)
        and not all(field.required for field in node.fields)
        for node in nodes
    )


def complete(value: Any) -> None:
    """In place, however deep the dataclasses lie."""
    if isinstance(value, dict):
        for item in value.values():
            complete(item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            complete(item)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            complete(getattr(value, name))
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            # Frozen ones refuse plain setting; with slots there is no default on the class.
            if field.name not in getattr(value, "__dict__", {field.name}):
                object.__setattr__(value, field.name, getattr(value, field.name))
            complete(getattr(value, field.name))
