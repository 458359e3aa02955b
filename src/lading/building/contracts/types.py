"""Types as JSON, or a form with files, carries their values between services."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Unknown:
    """Anything."""

    def __str__(self) -> str:
        return "any"


@dataclass(frozen=True)
class Plain:
    """A single value: `name` is str, int, float, bool, bytes or None."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Exactly:
    """One of these values of JSON."""

    values: tuple[Any, ...]

    def __str__(self) -> str:
        return " or ".join(json.dumps(one, ensure_ascii=False) for one in self.values)


@dataclass(frozen=True)
class Listed:
    """An array of any length."""

    item: Type

    def __str__(self) -> str:
        return "list" if isinstance(self.item, Unknown) else f"list[{self.item}]"


@dataclass(frozen=True)
class Row:
    """An array of this length."""

    items: tuple[Type, ...]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.items))}]"


@dataclass(frozen=True)
class Mapped:
    """An object with names of any sort."""

    value: Type

    def __str__(self) -> str:
        return "dict" if isinstance(self.value, Unknown) else f"dict[str, {self.value}]"


@dataclass(frozen=True)
class Field:
    """Of a record. One that is not required need not be there."""

    type: Type
    required: bool = True


@dataclass(frozen=True)
class Record:
    """An object with these fields and no others; others that come are ignored."""

    name: str
    fields: Mapping[str, Field] = field(hash=False)
    where: str = ""
    """File and line of its class; empty where it has none."""
    is_lax: bool = False
    """Whether it takes values of other types than its fields have, as pydantic does."""

    def __str__(self) -> str:
        return self.name or f"an object with {', '.join(self.fields) or 'nothing'}"


@dataclass(frozen=True)
class Opaque:
    """What a library brings: `forms` are those that its values may have on the wire."""

    name: str
    forms: frozenset[str]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class OneOf:
    """A value of one of these."""

    members: tuple[Type, ...]

    def __str__(self) -> str:
        return " | ".join(map(str, self.members))


Type = Unknown | Plain | Exactly | Listed | Row | Mapped | Record | Opaque | OneOf

UNKNOWN = Unknown()
STR, INT, FLOAT, BOOL, BYTES = (Plain(x) for x in ("str", "int", "float", "bool", "bytes"))
NONE = Plain("None")
ARRAY, OBJECT, TEXT, NUMBER, TRUTH, NULL, FILE = (
    "array", "object", "text", "number", "truth", "null", "file",
)  # fmt: skip
"""Forms on the wire. A file is base64 in JSON."""
PLAIN_FORMS: Mapping[str, str] = {
    "str": TEXT, "int": NUMBER, "float": NUMBER, "bool": TRUTH, "bytes": FILE, "None": NULL,
}  # fmt: skip


def of_value(value: Any) -> Type:
    """The type of a value that was written out: JSON's."""
    if isinstance(value, list):
        return Row(tuple(map(of_value, value)))
    if isinstance(value, dict):
        return Record("", {name: Field(of_value(one)) for name, one in value.items()})
    if value is None:
        return NONE
    return FLOAT if isinstance(value, float) else Exactly((value,))


def one_of(members: list[Type]) -> Type:
    """Without repetition, and without values that another member holds; Unknown where one is."""
    flat: list[Type] = []
    for member in members:
        for one in member.members if isinstance(member, OneOf) else (member,):
            if isinstance(one, Unknown):
                return UNKNOWN
            if one not in flat:
                flat.append(one)
    left = [one for one in flat if not _is_held(one, flat)]
    return left[0] if len(left) == 1 else OneOf(tuple(left))


def _is_held(type_: Type, among: list[Type]) -> bool:
    return isinstance(type_, Exactly) and all(plain(one) in among for one in type_.values)


def forms(type_: Type) -> frozenset[str]:
    """Those that its values may have on the wire; empty for Unknown."""
    several: tuple[Type, ...] = ()
    if isinstance(type_, Exactly):
        several = tuple(map(plain, type_.values))
    elif isinstance(type_, OneOf):
        several = type_.members
    elif isinstance(type_, Opaque):
        return type_.forms
    else:
        return _OF_KIND.get(type(type_), frozenset()) or _form(type_)
    return frozenset().union(*map(forms, several))


_OF_KIND: Mapping[type, frozenset[str]] = {
    Listed: frozenset({ARRAY}),
    Row: frozenset({ARRAY}),
    Mapped: frozenset({OBJECT}),
    Record: frozenset({OBJECT}),
}


def _form(type_: Type) -> frozenset[str]:
    return frozenset({PLAIN_FORMS[type_.name]} if isinstance(type_, Plain) else ())


def plain(value: Any) -> Type:
    """What a single value of JSON is."""
    kinds = ((bool, BOOL), (int, INT), (float, FLOAT), (str, STR))
    return next((type_ for kind, type_ in kinds if isinstance(value, kind)), NONE)
