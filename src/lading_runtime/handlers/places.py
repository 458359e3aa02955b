"""The type that a place within an argument has: of `$.rows[2].kind`, that of the field `kind`."""

from __future__ import annotations

import enum
import typing
from collections.abc import Sequence
from typing import Any, Literal, Union

from . import hints, records

Step = Union[str, int, None]
"""A field's name, an item's place, or None for one of an object's values."""


def listed(hint: Any, steps: Sequence[Step]) -> Any:
    """The `Literal`, `Enum` or union of such at a place; None where another, or nothing, is."""
    found = [hint]
    for step in steps:
        found = [inner for outer in found for inner in _inside(outer, step)]
    return next((x for x in found if any(map(_lists, hints.choices(x)))), None)


def _lists(hint: Any) -> bool:
    plain = hints.bare(hint)
    is_enum = isinstance(plain, type) and issubclass(plain, enum.Enum)
    return is_enum or typing.get_origin(plain) is Literal


def _inside(hint: Any, step: Step) -> list[Any]:
    """What a step leads to, from each member of a union."""
    reached = (_reached(hints.bare(choice), step) for choice in hints.choices(hint))
    return [x for x in reached if x is not None]


def _reached(plain: Any, step: Step) -> Any:
    fields = records.fields(plain)
    if fields is not None:
        if isinstance(step, int):  # of a NamedTuple
            return fields[step].hint if step < len(fields) else None
        return next((field.hint for field in fields if field.name == step), None)
    origin, arguments = typing.get_origin(plain), typing.get_args(plain)
    if step is None or origin is dict:
        return arguments[1] if origin is dict else None
    if not isinstance(step, int) or not arguments:
        return None
    if origin is tuple and arguments[-1] is not ...:
        return arguments[step] if step < len(arguments) else None
    return arguments[0]
