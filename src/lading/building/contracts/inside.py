"""What lies inside a value of a type, by a field or a position."""

from __future__ import annotations

from lading.building.contracts.types import (
    ARRAY,
    OBJECT,
    UNKNOWN,
    Listed,
    Mapped,
    OneOf,
    Opaque,
    Record,
    Row,
    Type,
    Unknown,
    one_of,
)


def inside(type_: Type, step: str | int) -> Type | None:
    """None where there surely is nothing of that name or at that position."""
    if isinstance(type_, OneOf):
        found = [one for member in type_.members if (one := inside(member, step)) is not None]
        return one_of(found) if found else None
    return _position(type_, step) if isinstance(step, int) else _field(type_, step)


def _field(type_: Type, name: str) -> Type | None:
    match type_:
        case Unknown():
            return UNKNOWN
        case Mapped(value):
            return value
        case Record(fields=fields):
            return fields[name].type if name in fields else None
        case Opaque(forms=forms) if OBJECT in forms:
            return UNKNOWN
        case _:
            return None


def _position(type_: Type, index: int) -> Type | None:
    match type_:
        case Unknown():
            return UNKNOWN
        case Listed(item):
            return item
        case Row(items):
            return items[index] if index < len(items) else None
        case Opaque(forms=forms) if ARRAY in forms:
            return UNKNOWN
        case _:
            return None
