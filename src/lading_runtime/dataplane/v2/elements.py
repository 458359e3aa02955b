"""The elements of a tensor that is written in JSON: flat, or nested as its shape is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from ...problem import Fault, Problem
from ..validation import invalid
from .datatypes import Datatype

_WHITESPACE = b" \t\r\n"
_DECODERS: dict[type, msgspec.json.Decoder[Any]] = {
    bool: msgspec.json.Decoder(list[bool]),
    int: msgspec.json.Decoder(list[int]),
    float: msgspec.json.Decoder(list[float]),
    bytes: msgspec.json.Decoder(list[str]),
}
_TYPES: dict[type, Any] = {bool: list[bool], int: list[int], float: list[float], bytes: list[str]}


def read(field: str, data: msgspec.Raw, datatype: Datatype, shape: Sequence[int]) -> list[Any]:
    """All elements in row-major order. Raises Problem `invalid_argument`, `malformed_json`."""
    if datatype.name == "FP16":
        raise invalid([Fault(field, "FP16 as binary data", "JSON")])
    try:
        if _is_nested(data):
            flat = _flatten(field, msgspec.json.decode(data), shape)
            flat = msgspec.convert(flat, _TYPES[datatype.element])
        else:
            flat = _DECODERS[datatype.element].decode(data)
    except msgspec.ValidationError as error:
        expected = f"an array of {datatype.name}"
        raise invalid([Fault(f"{field}.data", expected, f"another ({error})")]) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Problem("malformed_json", f"{field}.data is not JSON: {error}") from None
    count = math.prod(shape)
    if len(flat) != count:
        expected = f"{count} elements for the shape {list(shape)}"
        raise invalid([Fault(f"{field}.data", expected, f"{len(flat)} elements")])
    return _within_bounds(field, flat, datatype)


def _is_nested(data: msgspec.Raw) -> bool:
    """Whether the first element of an array is one as well; looks at its first bytes alone."""
    start = bytes(memoryview(data)[:64]).lstrip(_WHITESPACE)
    if not start.startswith(b"["):
        return False
    inner = start[1:].lstrip(_WHITESPACE)
    # So much whitespace that nothing else is seen: read it the slow way, which takes both.
    return inner.startswith(b"[") or not inner


def _flatten(field: str, value: Any, shape: Sequence[int]) -> list[Any]:
    flat = value
    if isinstance(value, list) and value and not isinstance(value[0], list):
        return value
    for depth in range(len(shape) - 1):
        inner = shape[depth + 1]
        if not all(isinstance(row, list) and len(row) == inner for row in flat):
            came = "another nesting"
            raise invalid([Fault(f"{field}.data", f"arrays nested as {list(shape)}", came)])
        flat = [element for row in flat for element in row]
    if not isinstance(flat, list):
        raise invalid([Fault(f"{field}.data", "an array", type(flat).__name__)])
    return flat


def _within_bounds(field: str, flat: list[Any], datatype: Datatype) -> list[Any]:
    if datatype.bounds and flat:
        low, high = datatype.bounds
        smallest, largest = min(flat), max(flat)
        if smallest < low or largest > high:
            came = str(smallest if smallest < low else largest)[:60]
            raise invalid([Fault(f"{field}.data", f"{low} to {high} in {datatype.name}", came)])
    if datatype.element is bytes:
        return [element.encode("utf-8", "surrogatepass") for element in flat]
    return flat
