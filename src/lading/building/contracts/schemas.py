"""A type as JSON Schema, for descriptions of services."""

from __future__ import annotations

from typing import Any

from lading.building.contracts.types import (
    Exactly,
    Listed,
    Mapped,
    OneOf,
    Plain,
    Record,
    Row,
    Type,
)

Schema = dict[str, Any]
_PLAIN: dict[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "None": {"type": "null"},
}


def schema(type_: Type) -> Schema:
    """Empty for what is not known."""
    if isinstance(type_, Plain):
        return dict(_PLAIN[type_.name])
    if isinstance(type_, Listed | Row):
        return _array(type_)
    if isinstance(type_, Record):
        return _object(type_)
    found: Schema = {}
    if isinstance(type_, Mapped):
        found = {"type": "object", "additionalProperties": schema(type_.value)}
    elif isinstance(type_, Exactly):
        found = {"enum": list(type_.values)}
    elif isinstance(type_, OneOf):
        found = {"anyOf": [schema(one) for one in type_.members]}
    return found


def _array(array: Listed | Row) -> Schema:
    if isinstance(array, Listed):
        return {"type": "array", "items": schema(array.item)}
    length = len(array.items)
    items = [schema(one) for one in array.items]
    return {"type": "array", "prefixItems": items, "minItems": length, "maxItems": length}


def _object(record: Record) -> Schema:
    return {
        "type": "object",
        **({"title": record.name} if record.name else {}),
        "properties": {name: schema(one.type) for name, one in record.fields.items()},
        "required": [name for name, one in record.fields.items() if one.required],
    }
