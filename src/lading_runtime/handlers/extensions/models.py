"""pydantic's models, version 1 and 2: its own validation, its own schema, its own serializing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from ...problem import Fault
from .. import wording
from .misfit import Misfit, Refusal, misfit

TAKES_FILE = False
_ROOTS = ("pydantic.main", "pydantic.v1.main")
_MISSING = ("missing", "value_error.missing")
_SURPLUS = ("extra_forbidden", "value_error.extra")
_SHOULD_BE = "Input should be "
_OWN = "Value error, "
"""What version 2 puts before the words of a model's own validators."""


def owns(hint: Any) -> bool:
    """Whether a hint is a model of either version."""
    return isinstance(hint, type) and any(
        base.__name__ == "BaseModel" and base.__module__ in _ROOTS for base in hint.__mro__
    )


def decode(hint: Any, value: Any) -> Any:
    """By the model. Raises Misfit with a fault for each of its errors."""
    if isinstance(value, hint):
        return value
    try:
        if not hasattr(hint, "model_validate"):
            if "__root__" not in hint.__fields__ and not isinstance(value, dict):
                raise misfit("an object", wording.kind(value))
            return hint.parse_obj(value)
        if hint.model_config.get("strict"):  # such take text as a date in JSON mode alone
            return hint.model_validate_json(msgspec.json.encode(value))
        return hint.model_validate(value)
    except Misfit:
        raise
    except ValueError as error:
        raise Misfit([_fault(one, value) for one in _errors(error)]) from error


def _errors(error: Any) -> list[dict[str, Any]]:
    if hasattr(error, "title"):  # version 2
        return error.errors(include_url=False, include_context=False)  # type: ignore[no-any-return]
    return error.errors() if hasattr(error, "errors") else [{"msg": str(error)}]


def _fault(error: dict[str, Any], value: Any) -> Fault:
    place = [step for step in error.get("loc", ()) if step != "__root__"]
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    kind, said = error.get("type", ""), error["msg"]
    if kind in _MISSING:
        return Fault(path, "a value", "nothing")
    if kind in _SURPLUS:
        return Fault(path, "no such field", "one")
    came = wording.came(error["input"] if "input" in error else _at(value, place))
    if said.startswith(_SHOULD_BE):
        return Fault(path, said[len(_SHOULD_BE) :], came)
    return Refusal(path, said[len(_OWN) :] if said.startswith(_OWN) else said, came)


def _at(value: Any, place: list[Any]) -> Any:
    for step in place:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def encode(value: Any) -> Any:
    """As the model serializes itself, by alias. Raises NotImplementedError."""
    if not owns(type(value)):
        raise NotImplementedError
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True)
    return json.loads(value.json(by_alias=True))


def schema(hint: Any) -> dict[str, Any]:
    """The model's own, with what it refers to under `$defs`, named for OpenAPI's components."""
    prefix = re.sub(r"[^A-Za-z0-9._-]", "_", hint.__name__) + "."
    template = "#/components/schemas/" + prefix + "{model}"
    try:
        if hasattr(hint, "model_json_schema"):
            described = hint.model_json_schema(ref_template=template)
        else:
            described = hint.schema(ref_template=template)
    except Exception:  # of a field without a schema; it is validated all the same
        return {"type": "object", "title": hint.__name__}
    described = dict(described)  # version 1 gives the same one again
    definitions = {**described.pop("$defs", {}), **described.pop("definitions", {})}
    if definitions:
        described["$defs"] = {prefix + name: one for name, one in definitions.items()}
    return described


def expected(hint: Any) -> str:
    """The model's name."""
    return str(hint.__name__)


def fields(hint: Any) -> Iterator[tuple[str, str, Any, bool, Any]]:
    """Of a model: the name for clients, the attribute, a hint, whether it is required, a default.

    The hint takes anything, since the model itself validates, but knows the schema.
    """
    described = schema(hint)
    definitions = {"$defs": described["$defs"]} if "$defs" in described else {}
    own = hint.model_fields if hasattr(hint, "model_fields") else hint.__fields__
    for attribute, field in own.items():
        alias = getattr(field, "validation_alias", None) or field.alias or attribute
        name = alias if isinstance(alias, str) else attribute
        required = field.is_required() if hasattr(field, "is_required") else bool(field.required)
        shown = {**described.get("properties", {}).get(name, {}), **definitions}
        hinted = Annotated[Any, msgspec.Meta(extra_json_schema=shown)]
        yield name, attribute, hinted, required, msgspec.UNSET
