"""Inference requests against a function, without a server."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from lading_runtime.call import Answer, Call, Operation
from lading_runtime.dataplane.v2 import V2
from lading_runtime.handlers import signature
from lading_runtime.handlers.handler import Handler


def tensor(name: str, datatype: str, shape: Sequence[int], data: Any) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def binary(name: str, datatype: str, shape: Sequence[int], size: int) -> dict[str, Any]:
    parameters = {"binary_data_size": size}
    return {"name": name, "datatype": datatype, "shape": shape, "parameters": parameters}


def request(inputs: Sequence[Any], raw: bytes = b"", **more: Any) -> Call:
    """A call; with `raw`, binary data behind the JSON and the header that says so."""
    text = msgspec.json.encode({"inputs": inputs, **more})
    return call(text + raw, {"inference-header-content-length": str(len(text))} if raw else {})


def call(body: bytes | bytearray, headers: Mapping[str, str] | None = None) -> Call:
    return Call(1, Operation.INFER, "r1", 0.0, dict(headers or {}), memoryview(body))


def serving(predict: Callable[..., Any], **facts: Any) -> V2:
    handler = Handler("m:f", signature.read(predict), predict, facts=facts)
    return V2("model", handler)


def answered(predict: Callable[..., Any], asked: Call, **facts: Any) -> Answer:
    plane = serving(predict, **facts)
    return plane.write(predict(**plane.read(asked)), asked)


def outputs(answer: Answer) -> dict[str, Any]:
    """By name, each as (datatype, shape, data); binary data as bytes."""
    length = int(answer.headers.get("inference-header-content-length", len(answer.body)))
    document = msgspec.json.decode(bytes(answer.body)[:length])
    rest = bytes(answer.body)[length:]
    found = {}
    for output in document["outputs"]:
        data = output.get("data")
        if data is None:
            size = output["parameters"]["binary_data_size"]
            data, rest = rest[:size], rest[size:]
        found[output["name"]] = (output["datatype"], output["shape"], data)
    assert rest == b""
    return found


def elements(*texts: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)
