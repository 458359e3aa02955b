"""OpenAPI 3.1 of a service, generated from its handler's signature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ..handlers.extensions import known
from ..handlers.signature import Parameter, Signature
from ..problem import MEDIA_TYPE

_REFERENCE = "#/components/schemas/{name}"
_ERRORS = {
    "400": "The body cannot be read", "413": "The body is too large",
    "415": "Neither JSON nor multipart", "422": "An argument is wrong; `errors` names it",
    "500": "The handler failed", "503": "Cannot answer now; try again",
    "504": "No answer in time",
}  # fmt: skip


def encode(service: str, signature: Signature) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document(service, signature), enc_hook=known.encode)


def document(service: str, signature: Signature) -> dict[str, Any]:
    """The document as plain dicts and lists."""
    hints = [parameter.hint for parameter in signature.parameters]
    schemas, components = _schemas([*hints, signature.result])
    *arguments, result = schemas
    content = {
        "application/json": {"schema": _input(signature, arguments, lambda p, s: s)},
        "multipart/form-data": {"schema": _input(signature, arguments, _as_field)},
    }
    problem = {"schema": {"$ref": _REFERENCE.format(name="Problem")}}
    responses: dict[str, Any] = {
        "200": {"description": "The result", "content": {"application/json": {"schema": result}}}
    }
    for status, description in _ERRORS.items():
        responses[status] = {"description": description, "content": {MEDIA_TYPE: problem}}
    operation = {
        "operationId": "predict",
        "requestBody": {"required": True, "content": content},
        "responses": responses,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": service, "version": "1"},
        "paths": {f"/{service}/predict": {"post": operation}},
        "components": {"schemas": {"Problem": _PROBLEM, **components}},
    }


def _schemas(hints: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    try:
        schemas, components = msgspec.json.schema_components(
            hints, schema_hook=known.schema, ref_template=_REFERENCE
        )
    except (TypeError, NotImplementedError):
        # A result of a type without a schema is served all the same: it may encode well.
        schemas, components = msgspec.json.schema_components(
            [*hints[:-1], Any], schema_hook=known.schema, ref_template=_REFERENCE
        )
    return list(schemas), components


def _input(
    signature: Signature, schemas: list[Any], shape: Callable[[Parameter, Any], Any]
) -> dict[str, Any]:
    properties = {}
    for parameter, schema in zip(signature.parameters, schemas):  # noqa: B905
        properties[parameter.name] = shape(parameter, _with_default(parameter, schema))
    return {
        "type": "object",
        "properties": properties,
        "required": [p.name for p in signature.parameters if p.required],
        "additionalProperties": False,
    }


def _with_default(parameter: Parameter, schema: Any) -> Any:
    if parameter.required:
        return schema
    try:
        default = msgspec.to_builtins(parameter.default, enc_hook=known.encode)
        return {**schema, "default": default}
    except (TypeError, NotImplementedError):
        return schema


def _as_field(parameter: Parameter, schema: Any) -> Any:
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    if parameter.takes_bytes:
        return file
    return {"type": "array", "items": file} if parameter.item_takes_bytes else schema


_TEXT = {"type": "string"}
_PROBLEM = {
    "type": "object",
    "properties": {
        "type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "code": _TEXT,
        "detail": _TEXT, "request_id": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": _TEXT, "expected": _TEXT, "came": _TEXT},
                "required": ["field", "expected", "came"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail"],
}  # fmt: skip
