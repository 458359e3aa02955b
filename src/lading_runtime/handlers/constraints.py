"""Constraints in `Annotated` that other libraries wrote, in msgspec's words.

`annotated_types` (`Ge`, `MinLen`, …) and pydantic's `Field(ge=…)`, wherever they stand within a
hint of containers and unions. msgspec's own `Meta` is there already.
"""

from __future__ import annotations

import itertools
import re
import typing
from collections.abc import Iterator
from typing import Annotated, Any, Union

import msgspec

from . import hints

_BOUNDS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
_TOLD = ("title", "description", "examples")
_TIGHTER = {"gt": max, "ge": max, "min_length": max, "lt": min, "le": min, "max_length": min}
_LIBRARIES = ("annotated_types", "pydantic", "pydantic_core")


def translate(hint: Any) -> Any:
    """The hint with constraints that msgspec enforces. Raises SignatureError for others."""
    arguments = typing.get_args(hint)
    if hasattr(hint, "__metadata__"):
        metas = _meta([note for note in hint.__metadata__ if _is_foreign(note)])
        inner = translate(hint.__origin__)
        kept = [note for note in hint.__metadata__ if not _is_foreign(note)]
        if metas:
            inner = _constrained(inner, metas[0])
        return Annotated[(inner, *kept)] if kept else inner
    origin = typing.get_origin(hint)
    if origin is None or origin is typing.Literal or not any(map(_may_hold, arguments)):
        return hint
    translated = tuple(map(translate, arguments))
    if translated == arguments:
        return hint
    if origin is Union or type(hint).__name__ == "UnionType":
        return Union[translated]
    return origin[translated]


def _constrained(hint: Any, meta: msgspec.Meta) -> Any:
    """In a union with None, the constraint is the other member's."""
    members = hints.choices(hint)
    if len(members) == 2 and type(None) in members:
        (member,) = [member for member in members if member is not type(None)]
        return Union[Annotated[member, meta], None]
    return Annotated[hint, meta]


def _may_hold(argument: Any) -> bool:
    return hasattr(argument, "__metadata__") or bool(typing.get_args(argument))


def _is_foreign(note: Any) -> bool:
    return type(note).__module__.partition(".")[0] in _LIBRARIES


def _meta(notes: list[Any]) -> list[msgspec.Meta]:
    """All that foreign notes say, as one; the tighter bound where two set the same."""
    said: dict[str, Any] = {}
    for name, value in itertools.chain.from_iterable(map(_said, notes)):
        tighter = _TIGHTER.get(name)
        said[name] = tighter(said[name], value) if tighter and name in said else value
    return [msgspec.Meta(**said)] if said else []


def _said(note: Any) -> Iterator[tuple[str, Any]]:
    parts = getattr(note, "metadata", None)  # pydantic 2's Field keeps annotated_types
    if parts is None and hasattr(type(note), "__iter__"):  # Interval, Len, StringConstraints
        parts = list(note)
    for part in parts or ():
        yield from _said(part)
    for name in _TOLD:
        value = getattr(note, name, None)
        if isinstance(value, (str, list)):
            yield name, value
    if type(note).__module__ == "annotated_types" and type(note).__name__ == "Predicate":
        raise hints.SignatureError("Predicate in Annotated cannot be checked; check it in predict")
    yield from _bounds(note)


def _bounds(note: Any) -> Iterator[tuple[str, Any]]:
    for name in _BOUNDS:
        value = getattr(note, name, None)
        if name == "pattern" and value is None:
            value = getattr(note, "regex", None)  # pydantic 1
        if isinstance(value, re.Pattern):
            value = value.pattern
        if value is not None and not (name == "min_length" and value == 0):
            yield name, value
