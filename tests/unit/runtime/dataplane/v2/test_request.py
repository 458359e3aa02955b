"""Bodies of inference requests: their JSON, their binary data, and what is wrong with them."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from lading_runtime.dataplane.v2 import V2
from lading_runtime.handlers.loading import handler_of
from lading_runtime.problem import Problem
from tests.unit.runtime.dataplane.v2.asking import (
    binary,
    call,
    elements,
    request,
    serving,
    tensor,
)

LENGTH = "inference-header-content-length"


def predict(a: list[int], b: Any = None) -> None: ...


PLANE = serving(predict)


def refused(body: bytes, headers: dict[str, str] | None = None) -> tuple[str, str]:
    with pytest.raises(Problem) as caught:
        PLANE.read(call(body, headers))
    return caught.value.code, caught.value.detail


def test_binary_data_lies_in_the_order_of_the_inputs() -> None:
    inputs = [binary("b", "BYTES", [2], 11), tensor("c", "INT8", [1], [1]),
              binary("a", "INT16", [2], 4)]  # fmt: skip
    del inputs[1]
    raw = elements(b"one", b"") + b"\x01\x00\x02\x00"
    assert PLANE.read(request(inputs, raw)) == {"a": [1, 2], "b": ["one", ""]}


def test_binary_data_and_json_may_be_mixed() -> None:
    inputs = [tensor("b", "BYTES", [1], ["x"]), binary("a", "INT16", [1], 2)]
    assert PLANE.read(request(inputs, b"\x05\x00")) == {"a": [5], "b": ["x"]}


@pytest.mark.parametrize("told", ["-1", "x", "", "1e3", "٣", "99999", "9" * 5000])
def test_a_length_that_cannot_be_is_refused(told: str) -> None:
    body = b'{"inputs": []}'
    code, detail = refused(body, {LENGTH: told})
    assert code == "invalid_argument"
    assert detail.startswith(f"{LENGTH}: expected a whole number up to the 14 bytes of the body")


@pytest.mark.parametrize(
    ("one", "raw", "detail"),
    [
        (
            binary("a", "INT16", [2], 4), b"123",
            "inputs.a.parameters.binary_data_size: "
            "expected a whole number up to the 3 bytes that are left, came 4",
        ),
        (
            binary("a", "INT16", [2], 4), b"12345",
            "inputs: expected 4 bytes of binary data after the JSON, came 5 bytes",
        ),
        (
            binary("a", "INT16", [2], 3), b"123",
            "inputs.a: expected 4 bytes for 2 elements of INT16, came 3 bytes",
        ),
        (
            binary("a", "BYTES", [1], 3), b"\x01\x00\x00",
            "inputs.a: expected elements with their lengths: a length of 4 bytes, came 3, "
            "came less",
        ),
        (
            binary("a", "BYTES", [1], 5), b"\x02\x00\x00\x00a",
            "inputs.a: expected elements with their lengths: an element of 2 bytes, came 1, "
            "came less",
        ),
        (
            binary("a", "BYTES", [2], 5), b"\x01\x00\x00\x00a",
            "inputs.a: expected 2 elements, came 1 elements",
        ),
        (
            {**binary("a", "INT8", [1], 1), "data": [1]}, b"1",
            "inputs.a: expected data or binary_data_size, came both",
        ),
    ],
)  # fmt: skip
def test_binary_data_that_does_not_add_up_is_refused(
    one: dict[str, Any], raw: bytes, detail: str
) -> None:
    with pytest.raises(Problem) as caught:
        PLANE.read(request([one], raw))
    assert (caught.value.code, caught.value.detail) == ("invalid_argument", detail)


def test_binary_data_needs_the_header_that_tells_its_place() -> None:
    body = msgspec.json.encode({"inputs": [binary("a", "INT8", [1], 1)]}) + b"\x01"
    assert refused(body)[0] == "malformed_json"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"inputs": [{"data": [1,}]}'])
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    assert refused(body)[0] == "malformed_json"


@pytest.mark.parametrize("body", [b"[]", b'{"inputs": 3}', b'{"inputs": [{"name": "a"}]}', b"{}"])
def test_another_shape_of_json_is_invalid(body: bytes) -> None:
    assert refused(body)[0] == "invalid_argument"


def test_compressed_bodies_are_not_read() -> None:
    assert refused(b"{}", {"content-encoding": "gzip"}) == (
        "unsupported_media_type",
        "the content coding 'gzip' is not read",
    )


def test_classification_is_refused_rather_than_ignored() -> None:
    outputs = [{"name": "output", "parameters": {"classification": 3}}]
    with pytest.raises(Problem, match="classification: expected no such parameter"):
        PLANE.read(request([tensor("a", "INT8", [1], [1])], outputs=outputs))


json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=8,
)
inputs_of_any_kind = some.fixed_dictionaries(
    {
        "name": some.sampled_from(["a", "b"]) | json_values,
        "datatype": some.sampled_from(["INT8", "BYTES", "FP32"]) | json_values,
        "shape": some.lists(some.integers(-1, 3), max_size=3) | json_values,
    },
    optional={
        "data": some.lists(some.integers(), max_size=4) | json_values,
        "parameters": some.fixed_dictionaries({"binary_data_size": some.integers(-1, 20)}),
    },
)


@given(some.lists(inputs_of_any_kind, max_size=3), some.binary(max_size=20))
def test_whatever_comes_is_read_or_refused(inputs: list[Any], raw: bytes) -> None:
    with contextlib.suppress(Problem):
        PLANE.read(request(inputs, raw))


@given(some.binary(max_size=60), some.integers(0, 60))
def test_whatever_bytes_come_are_read_or_refused(body: bytes, length: int) -> None:
    with pytest.raises(Problem):
        PLANE.read(call(body, {LENGTH: str(length)}))


def test_results_that_stream_are_refused() -> None:
    def count(a: int) -> Any:
        yield a

    streaming = V2("model", handler_of("m:count", count))
    with pytest.raises(Problem, match="results that stream have no form here; call /model/predict"):
        streaming.read(request([tensor("a", "INT64", [1], [1])]))
