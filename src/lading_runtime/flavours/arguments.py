"""Signatures of models: what no type hint says is said by the model."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal, Union

import msgspec

from ..handlers.signature import Signature, parameter, signature_of
from .libraries import needed
from .rows import Columns

_OUTPUTS = list[Literal["predictions", "probabilities"]]


def of_rows(columns: Columns, result: Any) -> Signature:
    """`inputs`, an array or rows of JSON, and `outputs`; `result` is the type of the answer.

    In JSON, `inputs` is decoded as it is: all rows of a batch become one array later, at once, and
    what is wrong in them is told with names of features.
    """
    array = needed("numpy", "numpy").ndarray
    schema = msgspec.Meta(extra_json_schema={"description": "rows", "items": _row(columns)})
    inputs = parameter("inputs", Annotated[array, schema])
    outputs = parameter("outputs", _OUTPUTS, required=False, default=["predictions"])
    signature = signature_of((inputs, outputs), result)
    decoded = msgspec.defstruct(
        "Rows",
        [
            ("a0", list),
            ("a1", Union[_OUTPUTS, msgspec.UnsetType], msgspec.UNSET),
        ],
        rename={"a0": "inputs", "a1": "outputs"},
        kw_only=True,
        forbid_unknown_fields=True,
    )
    return dataclasses.replace(signature, input_type=decoded)


def _row(columns: Columns) -> dict[str, Any]:
    """The JSON Schema of a row."""
    kinds = ["number", "null", *(["string"] if columns.texts else [])]
    bounds = {}
    if columns.width is not None:
        bounds = {"minItems": columns.width, "maxItems": columns.width}
    listed = {"type": "array", "items": {"type": kinds}, **bounds}
    if not columns.names:
        return listed
    named = {
        "type": "object",
        "properties": {name: {"type": kinds} for name in columns.names},
        "required": list(columns.names),
        "additionalProperties": False,
    }
    return {"anyOf": [listed, named]}
