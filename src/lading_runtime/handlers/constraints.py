"""Constraints in `Annotated` that other libraries wrote, in msgspec's words.

`annotated_types` (`Ge`, `MinLen`, …) and pydantic's `Field(ge=…)`, wherever they stand within a
hint of containers and unions. msgspec's own `Meta` is there already.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from typing import Annotated, Any, Union

import msgspec

from . import hints

_BOUNDS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
_TOLD = ("title", "description", "examples")
_LIBRARIES = ("annotated_types", "pydantic", "pydantic_core")


def translate(hint: Any) -> Any:
    """The hint with constraints that msgspec enforces. Raises SignatureError for others."""
    arguments = typing.get_args(hint)
    if hasattr(hint, "__metadata__"):
        metas = [made for note in hint.__metadata__ for made in _metas(note)]
        inner = translate(hint.__origin__)
        kept = [note for note in hint.__metadata__ if not _is_foreign(note)]
        return Annotated[(inner, *kept, *metas)] if kept or metas else inner
    origin = typing.get_origin(hint)
    if origin is None or origin is typing.Literal or not any(map(_may_hold, arguments)):
        return hint
    translated = tuple(map(translate, arguments))
    if translated == arguments:
        return hint
    if origin is Union or type(hint).__name__ == "UnionType":
        return Union[translated]
    return origin[translated]


def _may_hold(argument: Any) -> bool:
    return hasattr(argument, "__metadata__") or bool(typing.get_args(argument))


def _is_foreign(note: Any) -> bool:
    return type(note).__module__.partition(".")[0] in _LIBRARIES


def _metas(note: Any) -> Iterator[msgspec.Meta]:
    if not _is_foreign(note):
        return
    parts = getattr(note, "metadata", None)  # pydantic 2's Field keeps annotated_types
    if parts is None and hasattr(type(note), "__iter__"):  # Interval, Len, StringConstraints
        parts = list(note)
    found = dict(_bounds(note))
    told = {name: getattr(note, name, None) for name in _TOLD}
    found.update({name: value for name, value in told.items() if isinstance(value, (str, list))})
    if not found and not parts and _is_constraint(note):
        kind = type(note).__name__
        raise hints.SignatureError(f"{kind} in Annotated cannot be checked; check it in predict")
    for name, value in found.items():
        yield msgspec.Meta(**{name: value})
    for part in parts or ():
        yield from _metas(part)


def _bounds(note: Any) -> Iterator[tuple[str, Any]]:
    for name in _BOUNDS:
        value = getattr(note, name, None)
        if name == "pattern" and value is None:
            value = getattr(note, "regex", None)  # pydantic 1
        if isinstance(value, re.Pattern):
            value = value.pattern
        if value is not None and not (name == "min_length" and value == 0):
            yield name, value


def _is_constraint(note: Any) -> bool:
    return type(note).__module__ == "annotated_types" and type(note).__name__ == "Predicate"
