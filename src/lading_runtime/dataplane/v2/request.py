"""An inference request: its JSON, and the tensors that may follow it in binary form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Optional, Union

import msgspec

from ...call import Body
from ...open_inference import HEADER_LENGTH
from ...problem import Fault, Problem
from ..validation import invalid
from . import elements
from .datatypes import DATATYPES
from .tensor import InputTensor

_MOST_DIMENSIONS = 32
_MOST_OF_NOTHING = 65536
"""What the other dimensions of a tensor without elements may multiply to."""


class WantedOutput(msgspec.Struct):
    """One of the outputs that a request names."""

    name: str
    parameters: dict[str, Any] = {}


class Wanted(msgspec.Struct):
    """What a request says of its answer."""

    id: Union[str, int, None] = None
    parameters: dict[str, Any] = {}
    outputs: Optional[list[WantedOutput]] = None

    def binary(self, output: Optional[WantedOutput]) -> bool:
        """Whether an output is wanted in binary form; the output's own word goes first."""
        own = output.parameters.get("binary_data") if output else None
        return bool(self.parameters.get("binary_data_output") if own is None else own)


class _Input(msgspec.Struct):
    name: str
    shape: list[int]
    datatype: str
    parameters: dict[str, Any] = {}
    data: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)

    @property
    def has_data(self) -> bool:
        return memoryview(self.data).nbytes > 0


class _Request(Wanted):
    inputs: list[_Input] = msgspec.field(default_factory=list)


_REQUEST = msgspec.json.Decoder(_Request)
_WANTED = msgspec.json.Decoder(Wanted)


def wanted(headers: Mapping[str, str], body: Body) -> Wanted:
    """What a request that could be read says of its answer."""
    return _WANTED.decode(_split(headers, body)[0])


def read(headers: Mapping[str, str], body: Body) -> tuple[list[InputTensor], Wanted]:
    """The input tensors, and what is wanted of the answer. Binary tensors are views of the body.

    Raises Problem `malformed_json`, `invalid_argument`.
    """
    text, binary = _split(headers, body)
    try:
        request = _REQUEST.decode(text)
    except msgspec.ValidationError as error:
        raise Problem("invalid_argument", f"the inference request: {error}") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Problem("malformed_json", f"the inference request is not JSON: {error}") from None
    if not request.inputs:
        raise invalid([Fault("inputs", "at least one tensor", "none")])
    _refuse_classification(request)
    tensors, place = [], 0
    for one in request.inputs:
        tensor, place = _tensor(one, binary, place)
        tensors.append(tensor)
    if place != len(binary):
        came = f"{len(binary)} bytes"
        raise invalid([Fault("inputs", f"{place} bytes of binary data after the JSON", came)])
    return tensors, request


def _split(headers: Mapping[str, str], body: Body) -> tuple[memoryview, memoryview]:
    """The JSON and the binary data of a body."""
    view = memoryview(body)
    if len(view) != view.nbytes:  # as msgspec before 0.20 decodes one
        view = view.cast("B") if view.nbytes else memoryview(b"")
    told = headers.get(HEADER_LENGTH)
    if told is None:
        return view, view[len(view) :]
    if not (told.isascii() and told.isdigit() and len(told) < 16 and int(told) <= len(view)):
        expected = f"a whole number up to the {len(view)} bytes of the body"
        raise invalid([Fault(HEADER_LENGTH, expected, repr(told[:60]))])
    return view[: int(told)], view[int(told) :]


def _refuse_classification(request: Wanted) -> None:
    for output in request.outputs or ():
        if output.parameters.get("classification"):
            field = f"outputs.{output.name}.parameters.classification"
            raise invalid([Fault(field, "no such parameter: it is not supported", "one")])


def _tensor(one: _Input, binary: memoryview, place: int) -> tuple[InputTensor, int]:
    """The tensor, and where the binary data of the next one begins."""
    field = f"inputs.{one.name}"
    datatype = DATATYPES.get(one.datatype)
    if datatype is None:
        expected = "one of " + ", ".join(DATATYPES)
        raise invalid([Fault(f"{field}.datatype", expected, repr(one.datatype[:60]))])
    count = _count(field, one.shape)
    shape = tuple(one.shape)
    size = one.parameters.get("binary_data_size")
    if size is None:
        if not one.has_data:
            expected = "data, or the parameter binary_data_size"
            raise invalid([Fault(field, expected, "neither")])
        flat = elements.read(field, one.data, datatype, shape)
        return InputTensor(one.name, datatype, shape, count, values=flat), place
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= len(binary) - place:
        expected = f"a whole number up to the {len(binary) - place} bytes that are left"
        raise invalid([Fault(f"{field}.parameters.binary_data_size", expected, str(size)[:60])])
    if one.has_data:
        raise invalid([Fault(field, "data or binary_data_size", "both")])
    if datatype.size and size != count * datatype.size:
        expected = f"{count * datatype.size} bytes for {count} elements of {datatype.name}"
        raise invalid([Fault(field, expected, f"{size} bytes")])
    raw = binary[place : place + size]
    tensor = InputTensor(one.name, datatype, shape, count, raw=raw)
    if not datatype.size:
        tensor = InputTensor(one.name, datatype, shape, count, values=_bytes(field, tensor))
    return tensor, place + size


def _bytes(field: str, tensor: InputTensor) -> list[bytes]:
    try:
        split: list[bytes] = tensor.flat()
    except ValueError as error:
        raise invalid([Fault(field, f"elements with their lengths: {error}", "less")]) from None
    if len(split) != tensor.count:
        raise invalid([Fault(field, f"{tensor.count} elements", f"{len(split)} elements")])
    return split


def _count(field: str, shape: list[int]) -> int:
    """How many elements a shape has. Raises Problem for one that no tensor has."""
    if any(dimension < 0 for dimension in shape) or len(shape) > _MOST_DIMENSIONS:
        expected = f"at most {_MOST_DIMENSIONS} whole numbers from 0"
        raise invalid([Fault(f"{field}.shape", expected, str(shape)[:60])])
    count = math.prod(shape)
    if not count and math.prod(filter(None, shape)) > _MOST_OF_NOTHING:
        raise invalid([Fault(f"{field}.shape", "a shape that holds elements", str(shape)[:60])])
    return count
