"""Input types whose fields are the arguments: dataclass, TypedDict, NamedTuple, Struct, pydantic.

`predict_batch(self, inputs: list[Input])` reads a JSON object of Input's fields for each input.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Optional

import msgspec

from . import hints
from .extensions import models


class Field(NamedTuple):
    """An argument. `name` is what clients call it, `attribute` what the type does."""

    name: str
    attribute: str
    hint: Any
    required: bool
    default: Any = None


@dataclasses.dataclass(frozen=True)
class Record:
    """How an Input is made of its arguments. `name` is the one that predict_batch gets it under."""

    name: str
    fields: tuple[Field, ...]
    build: Callable[[Mapping[str, Any]], Any]
    """From arguments by client's names. Raises ValueError or TypeError for what Input refuses."""

    def take_apart(self, value: Any) -> dict[str, Any]:
        """The arguments by attribute, as a `predict` beside takes them."""
        if isinstance(value, dict):
            return value
        return {field.attribute: getattr(value, field.attribute) for field in self.fields}


def record(name: str, hint: Any) -> Optional[Record]:
    """None for a type that is one argument as a whole. Raises what reading its hints raises."""
    kind = hints.bare(hint)
    if not isinstance(kind, type):
        return None
    if models.owns(kind):
        own = tuple(Field(*field) for field in models.fields(kind))
        return Record(name, own, lambda given: models.decode(kind, dict(given)))
    made_of = fields(kind)
    if made_of is None:
        return None
    return Record(name, made_of, dict if issubclass(kind, dict) else _maker(kind, made_of))


def fields(kind: Any) -> Optional[tuple[Field, ...]]:
    """Of a class that msgspec knows; None of what is no class with fields."""
    if not isinstance(kind, type):
        return None
    if issubclass(kind, dict) and hasattr(kind, "__required_keys__"):
        return _of_typed_dict(kind)
    if issubclass(kind, msgspec.Struct):
        return _of_struct(kind)
    if dataclasses.is_dataclass(kind):
        return _of_dataclass(kind)
    if issubclass(kind, tuple) and hasattr(kind, "_field_defaults"):
        return _of_named_tuple(kind)
    return None


def _maker(kind: Any, fields: tuple[Field, ...]) -> Callable[[Mapping[str, Any]], Any]:
    attributes = {field.name: field.attribute for field in fields}
    if all(name == attribute for name, attribute in attributes.items()):
        return lambda given: kind(**given)
    return lambda given: kind(**{attributes[name]: given[name] for name in given})


def _of_struct(kind: Any) -> tuple[Field, ...]:
    return tuple(
        Field(x.encode_name, x.name, x.type, x.required, _default(x, msgspec.NODEFAULT))
        for x in msgspec.structs.fields(kind)
    )


def _of_dataclass(kind: Any) -> tuple[Field, ...]:
    types = typing.get_type_hints(kind, include_extras=True)
    missing = dataclasses.MISSING
    return tuple(
        Field(
            x.name,
            x.name,
            types[x.name],
            x.default is missing and x.default_factory is missing,
            _default(x, missing),
        )
        for x in dataclasses.fields(kind)
        if x.init
    )


def _default(field: Any, missing: Any) -> Any:
    if field.default is not missing:
        return field.default
    return None if field.default_factory is missing else field.default_factory()


def _of_named_tuple(kind: Any) -> tuple[Field, ...]:
    types = typing.get_type_hints(kind, include_extras=True)
    defaults = kind._field_defaults
    return tuple(
        Field(name, name, types.get(name, Any), name not in defaults, defaults.get(name))
        for name in kind._fields
    )


def _of_typed_dict(kind: Any) -> tuple[Field, ...]:
    types = typing.get_type_hints(kind, include_extras=True)
    required = kind.__required_keys__
    return tuple(
        Field(name, name, _unmarked(hint), name in required, msgspec.UNSET)
        for name, hint in types.items()
    )


def _unmarked(hint: Any) -> Any:
    """`Required[T]` and `NotRequired[T]`, of whichever module, are T."""
    marked = str(typing.get_origin(hint)).endswith("Required")
    return typing.get_args(hint)[0] if marked else hint
