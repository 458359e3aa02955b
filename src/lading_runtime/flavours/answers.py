"""What a model answers, described for OpenAPI: an object of arrays by the names of its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

Schema = dict[str, Any]


def described(outputs: Mapping[str, Schema]) -> Any:
    """The type hint of an object that has some of these outputs."""
    schema = {"properties": dict(outputs)}
    return Annotated[dict[str, Any], msgspec.Meta(extra_json_schema=schema)]


def array(datatype: str, dimensions: int) -> Schema:
    """JSON Schema of an array in as many dimensions.

    `datatype` is one of the Open Inference Protocol's; numbers that are not finite are null.
    """
    schema = value(datatype)
    for _ in range(dimensions):
        schema = {"type": "array", "items": schema}
    return schema


def for_each_row(datatype: str) -> Schema:
    """JSON Schema of a value for each row, or of a row of values where the model gives several."""
    values = {"anyOf": [value(datatype), array(datatype, 1)]}
    return {"type": "array", "items": values, "description": "one for each row"}


def value(datatype: str) -> Schema:
    """JSON Schema of one element."""
    if datatype == "BOOL":
        return {"type": "boolean"}
    if datatype == "BYTES":
        return {"type": "string"}
    if datatype.startswith("FP"):
        return {"type": ["number", "null"]}
    return {"type": "integer"}
