"""OpenAPI 3.1 of a service, generated from its handler's signature."""

from __future__ import annotations

from typing import Any

import msgspec

from ..call import JSON
from ..handlers import hints
from ..handlers.extensions import arrays, frames, known, pictures
from ..handlers.signature import Parameter, Signature
from . import arrow, bodies, npy, octet_stream, problems_described
from .form_body import MULTIPART

REFERENCE = "#/components/schemas/{name}"
EVENTS = "text/event-stream"
_FILE: dict[str, Any] = {"contentMediaType": octet_stream.MEDIA_TYPE}


def encode(service: str, signature: Signature) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document(service, signature), enc_hook=known.encode)


def document(service: str, signature: Signature) -> dict[str, Any]:
    """The document as plain dicts and lists."""
    *arguments, result = _schemas(signature)
    components: dict[str, Any] = arguments.pop(0)
    operation = {
        "operationId": "predict",
        "requestBody": {
            "required": any(parameter.required for parameter in signature.parameters),
            "content": _bodies(signature, arguments),
        },
        "responses": {
            "200": {"description": "The result", "content": _results(signature, result)},
            **problems_described.responses(),
        },
    }
    described = {
        "openapi": "3.1.0",
        "info": {"title": service, "version": "1"},
        "paths": {f"/{service}/predict": {"post": operation}},
        "components": {"schemas": {"Problem": problems_described.SCHEMA, **components}},
    }
    components_of_models: dict[str, Any] = {}
    _hoist(described, components_of_models)
    described["components"]["schemas"].update(components_of_models)  # type: ignore[index]
    return described


def _schemas(signature: Signature) -> list[Any]:
    """Components first, then a schema for each argument, then the result's."""
    asked = [parameter.hint for parameter in signature.parameters]
    constrained = [x for p in signature.parameters if p.shadow for x in p.shadow.fields]
    for result in (signature.result, Any):
        # A result of a type without a schema is served all the same: it may encode well.
        try:
            schemas, components = msgspec.json.schema_components(
                [*asked, Any if result is None else result, *(x.hint for x in constrained)],
                schema_hook=known.schema,
                ref_template=REFERENCE,
            )
        except (TypeError, NotImplementedError):
            continue
        for field, schema in zip(constrained, schemas[len(asked) + 1 :]):  # noqa: B905
            _constrain(components.get(field.owner, {}), field.field, schema)
        return [components, *schemas[: len(asked) + 1]]
    raise TypeError("the arguments have no schema")


def _constrain(component: dict[str, Any], field: str, schema: Any) -> None:
    properties = component.get("properties", {})
    if field in properties:
        properties[field] = {**properties[field], **schema}


def _hoist(node: Any, components: dict[str, Any]) -> None:
    """Moves what models' own schemas refer to where the references point."""
    if isinstance(node, dict):
        components.update(node.pop("$defs", {}))
        for value in list(node.values()):
            _hoist(value, components)
    elif isinstance(node, (list, tuple)):
        for value in node:
            _hoist(value, components)


def _bodies(signature: Signature, schemas: list[Any]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for media_type in bodies.readers(signature):
        if media_type == JSON:
            content[media_type] = {"schema": _arguments(signature, schemas)}
        elif media_type == MULTIPART:
            fields = [
                _as_field(parameter, schema)
                for parameter, schema in zip(signature.parameters, schemas)  # noqa: B905
            ]
            content[media_type] = {"schema": _arguments(signature, fields)}
        else:
            content[media_type] = {"schema": {}}
    return content


def _arguments(signature: Signature, schemas: list[Any]) -> dict[str, Any]:
    properties = {}
    for parameter, schema in zip(signature.parameters, schemas):  # noqa: B905 - from Python 3.10
        properties[parameter.name] = _with_default(parameter, schema)
    return {
        "type": "object",
        "properties": properties,
        "required": [p.name for p in signature.parameters if p.required],
        "additionalProperties": False,
    }


def _with_default(parameter: Parameter, schema: Any) -> Any:
    if parameter.required or parameter.default is msgspec.UNSET or not isinstance(schema, dict):
        return schema
    try:
        default = msgspec.to_builtins(parameter.default, enc_hook=known.encode, str_keys=True)
        return {**schema, "default": default}
    except (TypeError, NotImplementedError):
        return schema


def _as_field(parameter: Parameter, schema: Any) -> Any:
    if parameter.takes_bytes:
        return {"type": "string", **_FILE}
    if parameter.item_takes_bytes:
        return {"type": "array", "items": {"type": "string", **_FILE}}
    return schema


def _results(signature: Signature, schema: Any) -> dict[str, Any]:
    """JSON, and what else the result is given as when the Accept header asks for it."""
    if signature.streams:
        return {EVENTS: {"schema": {"type": "string", "contentMediaType": JSON,
                                    "contentSchema": schema}}}  # fmt: skip
    content: dict[str, Any] = {JSON: {"schema": schema}}
    for hint in map(hints.bare, hints.choices(signature.result)):
        if arrays.owns(hint):
            content[npy.MEDIA_TYPE] = {"schema": {}}
        elif frames.owns(hint) and arrow.installed():
            content[arrow.MEDIA_TYPE] = {"schema": {}}
        elif pictures.owns(hint):
            content["image/png"] = {"schema": {}}
        elif hint in (bytes, bytearray):
            content[octet_stream.MEDIA_TYPE] = {"schema": {}}
    return content
