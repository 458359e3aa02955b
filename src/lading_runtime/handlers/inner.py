"""Constraints on the fields of a user's own classes, where msgspec reads past what others wrote.

What msgspec has decoded is held against a shadow of its type: the constrained fields alone, with
constraints in msgspec's words.
"""

from __future__ import annotations

import typing
from typing import Any, NamedTuple, Optional, Union

import msgspec

from . import constraints, hints, records
from .records import Field


class Constrained(NamedTuple):
    """A field of a class, and its hint in msgspec's words."""

    owner: str
    field: str
    hint: Any


class Shadow(NamedTuple):
    """A type that what was decoded must convert to. What it converts to is of no use."""

    hint: Any
    fields: tuple[Constrained, ...]


def shadow(hint: Any) -> Optional[Shadow]:
    """None where no class within the hint has such constraints. Raises SignatureError."""
    found: list[Constrained] = []
    made = _shadow(hint, found, frozenset())
    return None if made is None else Shadow(made, tuple(found))


def check(shadow: Shadow, value: Any) -> None:
    """Raises msgspec.ValidationError."""
    msgspec.convert(value, shadow.hint, from_attributes=True, dec_hook=lambda _, given: given)


def _shadow(hint: Any, found: list[Constrained], above: frozenset[Any]) -> Any:
    plain = hints.bare(hint)
    fields = records.fields(plain)
    if fields is not None:
        # Within itself a class is not followed: shadows end.
        return None if plain in above else _of_class(plain, fields, found, above | {plain})
    members = hints.choices(plain)
    if len(members) > 1:
        others = [member for member in members if member is not type(None)]
        made = _shadow(others[0], found, above) if len(others) == 1 else None
        return None if made is None else Union[made, None]
    inner = [x if x is ... else _shadow(x, found, above) for x in _contents(plain)]
    if all(x is None or x is ... for x in inner):
        return None
    return typing.get_origin(plain)[tuple(Any if x is None else x for x in inner)]


def _contents(hint: Any) -> tuple[Any, ...]:
    is_container = typing.get_origin(hint) in (list, set, frozenset, tuple, dict)
    return typing.get_args(hint) if is_container else ()


def _of_class(
    kind: Any, fields: tuple[Field, ...], found: list[Constrained], above: frozenset[Any]
) -> Any:
    checked: dict[str, Any] = {}
    for field in fields:
        translated = constraints.translate(field.hint)
        if translated != field.hint:
            found.append(Constrained(kind.__name__, field.name, translated))
            checked[field.attribute] = translated
        else:
            inner = _shadow(field.hint, found, above)
            if inner is not None:
                checked[field.attribute] = inner
    return _made(kind, fields, checked) if checked else None


def _made(kind: Any, fields: tuple[Field, ...], checked: dict[str, Any]) -> Any:
    if issubclass(kind, dict):
        return typing.TypedDict("Shadow", checked, total=False)  # type: ignore[operator]
    if issubclass(kind, tuple):
        every = [(field.attribute, checked.get(field.attribute, Any)) for field in fields]
        return typing.NamedTuple("Shadow", every)
    return msgspec.defstruct("Shadow", list(checked.items()), frozen=True)
