"""Messages become requests of REST, and answers messages: what a client of gRPC sees of both."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from tritonclient.grpc import service_pb2

from lading_runtime.grpc_door import messages, translation, wire
from lading_runtime.problem import Problem

HEADER = "inference-header-content-length"


def request(**fields: Any) -> translation.RestRequest:
    message = service_pb2.ModelInferRequest(model_name="m", **fields)
    data = memoryview(message.SerializeToString())
    return translation.infer(wire.decode(messages.INFER_REQUEST, data))


def parts(rest: translation.RestRequest) -> tuple[Any, bytes]:
    """The JSON and the tensors of a body."""
    body = b"".join(rest.chunks)
    length = int(rest.headers[HEADER])
    return msgspec.json.decode(body[:length]), body[length:]


def tensor(datatype: str, shape: list[int], **contents: Any) -> dict[str, Any]:
    return {"name": "x", "datatype": datatype, "shape": shape, "contents": contents or None}


def test_raw_tensors_follow_the_json_where_they_are_aligned() -> None:
    inputs = [tensor("FP32", [1, 2]), {**tensor("BYTES", [1]), "name": "y"}]
    raw = [b"\x00\x00\x80?\x00\x00\x00@", b"\x01\x00\x00\x00a"]
    rest = request(inputs=inputs, raw_input_contents=raw, id="7", model_version="1")
    document, tensors = parts(rest)
    assert rest.path == "/v2/models/m/versions/1/infer"
    assert int(rest.headers[HEADER]) % 64 == 0
    assert tensors == b"".join(raw)
    assert document == {
        "id": "7",
        "parameters": {"binary_data_output": True},
        "inputs": [
            {"name": "x", "datatype": "FP32", "shape": [1, 2],
             "parameters": {"binary_data_size": 8}},
            {"name": "y", "datatype": "BYTES", "shape": [1],
             "parameters": {"binary_data_size": 5}},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("datatype", "field", "values", "dtype"),
    [
        ("BOOL", "bool_contents", [True, False], "?"),
        ("INT8", "int_contents", [-128, 127], "i1"),
        ("INT16", "int_contents", [-5, 300], "<i2"),
        ("INT32", "int_contents", [-(2**31), 2**31 - 1], "<i4"),
        ("INT64", "int64_contents", [-(2**63), 2**63 - 1], "<i8"),
        ("UINT8", "uint_contents", [0, 255], "u1"),
        ("UINT16", "uint_contents", [0, 65535], "<u2"),
        ("UINT32", "uint_contents", [0, 2**32 - 1], "<u4"),
        ("UINT64", "uint64_contents", [0, 2**64 - 1], "<u8"),
        ("FP32", "fp32_contents", [0.5, -1.5], "<f4"),
        ("FP64", "fp64_contents", [0.1, float("inf")], "<f8"),
    ],
)
def test_typed_contents_become_binary(
    datatype: str, field: str, values: list[Any], dtype: str
) -> None:
    _, tensors = parts(request(inputs=[tensor(datatype, [2], **{field: values})]))
    assert tensors == np.array(values, dtype).tobytes()


def test_typed_bytes_become_binary() -> None:
    _, tensors = parts(request(inputs=[tensor("BYTES", [2], bytes_contents=[b"ab", b""])]))
    assert tensors == b"\x02\x00\x00\x00ab\x00\x00\x00\x00"


def test_parameters_and_wanted_outputs_are_passed_on() -> None:
    message = service_pb2.ModelInferRequest(model_name="a/b", outputs=[{"name": "y"}])
    message.parameters["depth"].int64_param = -3
    message.outputs[0].parameters["classification"].int64_param = 2
    message.outputs[0].parameters["binary_data"].bool_param = False
    data = memoryview(message.SerializeToString())
    rest = translation.infer(wire.decode(messages.INFER_REQUEST, data))
    document, _ = parts(rest)
    assert rest.path == "/v2/models/a%2Fb/infer"
    assert document["parameters"] == {"depth": -3, "binary_data_output": True}
    # Binary whatever it says: there is no other form here.
    assert document["outputs"] == [{"name": "y", "parameters": {"classification": 2}}]


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        (
            {"inputs": [tensor("INT8", [1])], "raw_input_contents": [b"a", b"b"]},
            "raw_input_contents: expected one for each of 1 inputs and no contents, came 2",
        ),
        (
            {"inputs": [tensor("INT8", [1], int_contents=[1])], "raw_input_contents": [b"a"]},
            "raw_input_contents: expected one for each of 1 inputs and no contents, came 1",
        ),
        (
            {"inputs": [tensor("INT8", [1], fp32_contents=[1.0])]},
            "inputs.x.contents: expected int_contents for INT8, came fp32_contents",
        ),
        (
            {"inputs": [tensor("INT8", [1], int_contents=[200])]},
            "inputs.x.contents: INT8: byte format requires -128 <= number <= 127",
        ),
    ],
)
def test_contents_that_cannot_be_are_refused(fields: dict[str, Any], detail: str) -> None:
    with pytest.raises(Problem) as caught:
        request(**fields)
    assert (caught.value.code, caught.value.detail) == ("invalid_argument", detail)


def test_how_much_must_be_read_number_by_number_is_known_before() -> None:
    message = service_pb2.ModelInferRequest(
        inputs=[tensor("INT32", [3], int_contents=[1, 2, 300])], raw_input_contents=[b"x" * 99]
    )
    data = memoryview(message.SerializeToString())
    assert translation.typed_bytes(wire.decode(messages.INFER_REQUEST, data)) == 4


def test_an_answer_becomes_a_message() -> None:
    document = {
        "model_name": "m", "model_version": "1", "id": "7",
        "outputs": [
            {"name": "y", "datatype": "FP32", "shape": [2], "parameters": {"binary_data_size": 8}},
            {"name": "z", "datatype": "INT8", "shape": [1], "parameters": {"binary_data_size": 1}},
        ],
    }  # fmt: skip
    text = msgspec.json.encode(document)
    body = text + bytes(8) + b"\x01"
    data = translation.inferred({HEADER: str(len(text))}, body)
    response = service_pb2.ModelInferResponse.FromString(data)
    assert (response.model_name, response.model_version, response.id) == ("m", "1", "7")
    assert [(x.name, x.datatype, list(x.shape)) for x in response.outputs] == [
        ("y", "FP32", [2]),
        ("z", "INT8", [1]),
    ]
    assert list(response.raw_output_contents) == [bytes(8), b"\x01"]


def test_metadata_becomes_a_message() -> None:
    document = {
        "name": "m", "versions": ["1"], "platform": "p",
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 4]}], "outputs": [],
    }  # fmt: skip
    data = translation.metadata(msgspec.json.encode(document))
    response = service_pb2.ModelMetadataResponse.FromString(data)
    assert (response.name, list(response.versions), response.platform) == ("m", ["1"], "p")
    assert [(x.name, x.datatype, list(x.shape)) for x in response.inputs] == [
        ("x", "FP32", [-1, 4])
    ]
    assert list(response.outputs) == []
