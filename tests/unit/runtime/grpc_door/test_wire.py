"""Messages are read and written as the real library for Protocol Buffers does it."""

from __future__ import annotations

import contextlib
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tritonclient.grpc import service_pb2

from lading_runtime.grpc_door import messages, wire
from lading_runtime.grpc_door.wire import WireError

texts = some.text(max_size=8)
raws = some.binary(max_size=8)
shapes = some.lists(some.integers(-1, 2**62), max_size=3)
parameters = some.dictionaries(
    texts,
    some.one_of(
        some.fixed_dictionaries({"bool_param": some.booleans()}),
        some.fixed_dictionaries({"int64_param": some.integers(-(2**63), 2**63 - 1)}),
        some.fixed_dictionaries({"string_param": texts}),
        some.fixed_dictionaries({"double_param": some.floats(allow_nan=False)}),
        some.fixed_dictionaries({"uint64_param": some.integers(0, 2**64 - 1)}),
    ),
    max_size=2,
)
NUMBERS = {
    "bool_contents": ("bool", some.booleans()),
    "int_contents": ("int32", some.integers(-(2**31), 2**31 - 1)),
    "int64_contents": ("int64", some.integers(-(2**63), 2**63 - 1)),
    "uint_contents": ("uint32", some.integers(0, 2**32 - 1)),
    "uint64_contents": ("uint64", some.integers(0, 2**64 - 1)),
    "fp32_contents": ("float", some.floats(width=32, allow_nan=False)),
    "fp64_contents": ("double", some.floats(allow_nan=False)),
}
contents = some.fixed_dictionaries(
    {
        **{name: some.lists(one, max_size=4) for name, (_, one) in NUMBERS.items()},
        "bytes_contents": some.lists(raws, max_size=3),
    }
)
tensors = some.fixed_dictionaries(
    {"name": texts, "datatype": texts, "shape": shapes},
    optional={"parameters": parameters, "contents": contents},
)
requests = some.fixed_dictionaries(
    {
        "model_name": texts,
        "model_version": texts,
        "id": texts,
        "parameters": parameters,
        "inputs": some.lists(tensors, max_size=2),
        "outputs": some.lists(
            some.fixed_dictionaries({"name": texts, "parameters": parameters}), max_size=2
        ),
        "raw_input_contents": some.lists(raws, max_size=3),
    }
)


def message_of(fields: dict[str, Any]) -> Any:
    request = service_pb2.ModelInferRequest(
        model_name=fields["model_name"],
        model_version=fields["model_version"],
        id=fields["id"],
        raw_input_contents=fields["raw_input_contents"],
        inputs=[{k: v for k, v in x.items() if k != "parameters"} for x in fields["inputs"]],
        outputs=[{"name": x["name"]} for x in fields["outputs"]],
    )
    fill(request.parameters, fields["parameters"])
    for one, made in zip(fields["inputs"], request.inputs, strict=True):
        fill(made.parameters, one.get("parameters", {}))
    for one, made in zip(fields["outputs"], request.outputs, strict=True):
        fill(made.parameters, one["parameters"])
    return request


def fill(made: Any, given: dict[str, dict[str, Any]]) -> None:
    for key, choice in given.items():
        for name, value in choice.items():
            setattr(made[key], name, value)


def plain(value: Any, name: str = "") -> Any:
    """Without fields of the default; views as bytes, packed numbers as lists."""
    if name in NUMBERS and value and isinstance(value[0], memoryview):
        value = wire.numbers(NUMBERS[name][0], value)
    elif name == "shape" and value and isinstance(value[0], memoryview):
        value = wire.numbers("int64", value)
    if isinstance(value, dict):
        found = {key: plain(one, key) for key, one in value.items()}
        return {
            key: one
            for key, one in found.items()
            if one not in ("", b"", []) and (one != {} or key == "contents")
        }
    if isinstance(value, list):
        return [plain(one) for one in value]
    return bytes(value) if isinstance(value, memoryview) else value


@given(requests)
def test_what_the_library_writes_is_read(fields: dict[str, Any]) -> None:
    data = memoryview(message_of(fields).SerializeToString())
    decoded = wire.decode(messages.INFER_REQUEST, data)
    assert plain(decoded) == plain(fields)


@given(requests)
def test_what_is_written_is_read_by_the_library(fields: dict[str, Any]) -> None:
    data = wire.encode(messages.INFER_REQUEST, fields)
    assert service_pb2.ModelInferRequest.FromString(data) == message_of(fields)


def test_the_tables_are_those_of_the_real_definition() -> None:
    pairs = {
        "ModelInferRequest": messages.INFER_REQUEST, "ModelInferResponse": messages.INFER_RESPONSE,
        "ServerLiveRequest": messages.NOTHING, "ServerLiveResponse": messages.LIVE_RESPONSE,
        "ServerReadyResponse": messages.READY_RESPONSE,
        "ModelReadyRequest": messages.MODEL_REQUEST, "ModelReadyResponse": messages.READY_RESPONSE,
        "ServerMetadataResponse": messages.SERVER_RESPONSE,
        "ModelMetadataRequest": messages.MODEL_REQUEST,
        "ModelMetadataResponse": messages.MODEL_RESPONSE, "InferParameter": messages.PARAMETER,
    }  # fmt: skip
    for name, message in pairs.items():
        compare(message, getattr(service_pb2, name).DESCRIPTOR)


def compare(message: wire.Message, real: Any) -> None:
    assert {number: field.name for number, field in message.fields.items()} == {
        field.number: field.name for field in real.fields
    }
    for field in real.fields:
        ours = message.fields[field.number]
        assert ours.repeated == field.is_repeated, (real.name, field.name)
        if field.message_type is None:
            kinds = {
                value: name for name, value in vars(type(field)).items() if name.startswith("TYPE_")
            }
            assert ours.kind == kinds[field.type].removeprefix("TYPE_").lower(), field.name
        else:
            assert isinstance(ours.kind, wire.Message)
            assert ours.is_map == field.message_type.GetOptions().map_entry
            compare(ours.kind, field.message_type)


@given(some.binary(max_size=60))
def test_whatever_bytes_come_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(WireError):
        wire.decode(messages.INFER_REQUEST, memoryview(data))
    with contextlib.suppress(WireError):
        wire.numbers("int64", [memoryview(data)])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x0a\x05abc", "field 1 of 5 bytes, of which there are 3"),
        (b"\x0a\x01\xff", "model_name is not UTF-8"),
        (b"\x0b", "wire type 3 in field 1"),
        (b"\x08" + b"\xff" * 11, "a number that does not end"),
        (b"\x3a", "a number that does not end"),
        (b"\x02\x00", "field 0 of 0 bytes, of which there are 0"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        wire.decode(messages.INFER_REQUEST, memoryview(data))


def test_numbers_that_come_one_by_one_are_read_too() -> None:
    one_by_one = b"\x08\x01\x08\x00\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
    one_by_one += b"\x35" + struct.pack("<f", 0.5) + b"\x35" + struct.pack("<f", 1.5)
    found = wire.decode(messages.CONTENTS, memoryview(one_by_one))
    assert wire.numbers("bool", found["bool_contents"]) == [True, False]
    assert wire.numbers("int32", found["int_contents"]) == [-1]
    assert wire.numbers("float", found["fp32_contents"]) == [0.5, 1.5]


def test_a_field_that_is_not_known_or_of_another_type_is_passed_over() -> None:
    data = b"\x9a\x06\x02hi" + b"\x08\x05" + b"\x1a\x01x"
    assert wire.decode(messages.INFER_REQUEST, memoryview(data)) == {"id": "x"}


def test_a_message_that_comes_twice_is_merged() -> None:
    once = service_pb2.ModelInferRequest.InferInputTensor(contents={"fp64_contents": [1.0]})
    twice = service_pb2.ModelInferRequest.InferInputTensor(contents={"fp64_contents": [math.pi]})
    data = once.SerializeToString() + twice.SerializeToString()
    tensor = messages.INFER_REQUEST.fields[5].kind
    assert isinstance(tensor, wire.Message)
    found = wire.decode(tensor, memoryview(data))
    assert wire.numbers("double", found["contents"]["fp64_contents"]) == [1.0, math.pi]


def test_raw_contents_are_not_copied() -> None:
    data = wire.encode(messages.INFER_REQUEST, {"raw_input_contents": [b"x" * 100]})
    body = bytearray(data)
    (raw,) = wire.decode(messages.INFER_REQUEST, memoryview(body))["raw_input_contents"]
    body[-1:] = b"y"
    assert bytes(raw) == b"x" * 99 + b"y"
