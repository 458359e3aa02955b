"""Messages of gRPC to requests of REST with binary tensor data, and the answers back."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Union
from urllib.parse import quote

import msgspec

from ..dataplane.v2.datatypes import DATATYPES
from ..open_inference import HEADER_LENGTH
from ..problem import Problem
from . import messages, wire

Chunk = Union[bytes, memoryview]
_ALIGNED = 64
"""The first tensor begins at a multiple of so many bytes, so that no copy is needed to align it."""
_CONTENTS = {
    "BOOL": ("bool_contents", "bool"),
    "INT8": ("int_contents", "int32"), "INT16": ("int_contents", "int32"),
    "INT32": ("int_contents", "int32"), "INT64": ("int64_contents", "int64"),
    "UINT8": ("uint_contents", "uint32"), "UINT16": ("uint_contents", "uint32"),
    "UINT32": ("uint_contents", "uint32"), "UINT64": ("uint64_contents", "uint64"),
    "FP32": ("fp32_contents", "float"), "FP64": ("fp64_contents", "double"),
    "BYTES": ("bytes_contents", "bytes"),
}  # fmt: skip
"""The field that holds a datatype's elements when they are not raw, and its kind."""


class RestRequest(NamedTuple):
    """What REST has for a message. `chunks` make up the body."""

    path: str
    headers: dict[str, str]
    chunks: list[Chunk]


def model_path(name: str, version: str) -> str:
    """Where REST has a model."""
    versions = f"/versions/{quote(version, safe='')}" if version else ""
    return f"/v2/models/{quote(name, safe='')}{versions}"


def typed_bytes(message: Mapping[str, Any]) -> int:
    """How much of an inference's message must be read number by number, in bytes."""
    pieces = (
        piece
        for tensor in message.get("inputs", ())
        for values in tensor.get("contents", {}).values()
        for piece in values
    )
    return sum(len(piece) for piece in pieces)


def infer(message: Mapping[str, Any]) -> RestRequest:
    """An inference. Raises WireError, Problem `invalid_argument`."""
    tensors = message.get("inputs", [])
    raw = message.get("raw_input_contents")
    if raw is None:
        raw = [_raw(tensor) for tensor in tensors]
    elif len(raw) != len(tensors) or any("contents" in tensor for tensor in tensors):
        detail = f"raw_input_contents: expected one for each of {len(tensors)} inputs and no "
        raise Problem("invalid_argument", f"{detail}contents, came {len(raw)}")
    document = {
        "parameters": {**_parameters(message), "binary_data_output": True},
        "inputs": [_input(one, len(data)) for one, data in zip(tensors, raw)],  # noqa: B905
    }
    if message.get("id"):
        document["id"] = message["id"]
    if "outputs" in message:
        document["outputs"] = [_wanted(output) for output in message["outputs"]]
    text = msgspec.json.encode(document)
    text = text.ljust(-(-len(text) // _ALIGNED) * _ALIGNED)
    path = model_path(message.get("model_name", ""), message.get("model_version", ""))
    return RestRequest(f"{path}/infer", {HEADER_LENGTH: str(len(text))}, [text, *raw])


def _input(tensor: Mapping[str, Any], size: int) -> dict[str, Any]:
    return {
        "name": tensor.get("name", ""),
        "datatype": tensor.get("datatype", ""),
        "shape": wire.numbers("int64", tensor.get("shape", [])),
        "parameters": {**_parameters(tensor), "binary_data_size": size},
    }


def _wanted(output: Mapping[str, Any]) -> dict[str, Any]:
    parameters = _parameters(output)
    parameters.pop("binary_data", None)
    return {"name": output.get("name", ""), "parameters": parameters}


def _parameters(fields: Mapping[str, Any]) -> dict[str, Any]:
    given = fields.get("parameters", {})
    return {name: next(iter(choice.values()), None) for name, choice in given.items()}


def _raw(tensor: Mapping[str, Any]) -> bytes:
    """The binary form of elements that came number by number."""
    name = tensor.get("datatype", "")
    contents = tensor.get("contents", {})
    if name not in _CONTENTS:
        return b""  # for the server to refuse
    field, kind = _CONTENTS[name]
    other = [key for key in contents if key != field]
    if other:
        where = f"inputs.{tensor.get('name', '')}.contents"
        detail = f"{where}: expected {field} for {name}, came {other[0]}"
        raise Problem("invalid_argument", detail)
    pieces = contents.get(field, [])
    if kind in ("float", "double"):
        return b"".join(pieces)  # as they lie in the message already
    values = pieces if kind == "bytes" else wire.numbers(kind, pieces)
    try:
        return DATATYPES[name].pack(values)
    except struct.error as error:
        detail = f"inputs.{tensor.get('name', '')}.contents: {name}: {error}"
        raise Problem("invalid_argument", detail) from None


def inferred(headers: Mapping[str, str], body: bytes) -> bytes:
    """The message for the answer to an inference."""
    length = int(headers.get(HEADER_LENGTH, len(body)))
    view = memoryview(body)
    document = msgspec.json.decode(view[:length])
    raw, place = [], length
    for output in document["outputs"]:
        size = output["parameters"]["binary_data_size"]
        raw.append(view[place : place + size])
        place += size
    fields = {
        **{name: document[name] for name in ("model_name", "model_version") if name in document},
        "id": str(document.get("id", "")),
        "outputs": [_described(output) for output in document["outputs"]],
        "raw_output_contents": raw,
    }
    return wire.encode(messages.INFER_RESPONSE, fields)


def metadata(body: bytes) -> bytes:
    """The message for a model's metadata."""
    document = msgspec.json.decode(body)
    tensors: dict[str, Sequence[Any]] = {
        side: [_described(tensor) for tensor in document.get(side, ())]
        for side in ("inputs", "outputs")
    }
    return wire.encode(messages.MODEL_RESPONSE, {**document, **tensors})


def _described(tensor: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tensor[name] for name in ("name", "datatype", "shape")}
