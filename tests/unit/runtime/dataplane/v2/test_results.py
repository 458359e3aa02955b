"""What handlers give becomes tensors, in JSON or in binary form as the request says."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays

from lading_runtime.handlers.tensors import Tensor
from lading_runtime.problem import Problem
from tests.unit.runtime.dataplane.v2.asking import (
    answered,
    elements,
    outputs,
    request,
    serving,
    tensor,
)

IN_BINARY = {"parameters": {"binary_data_output": True}}
ASKED = [tensor("x", "INT8", [1], [0])]


class Level(enum.Enum):
    HIGH = "high"


@dataclass
class Page:
    text: str
    boxes: list[list[int]]
    note: Any = None


class Pair(NamedTuple):
    left: int
    right: float


def given_back(result: Any, told: tuple[Tensor, ...] = (), **more: Any) -> dict[str, Any]:
    def predict(x: int) -> Any:
        return result

    return outputs(answered(predict, request(ASKED, **more), outputs=told))


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (3, ("INT64", [1], [3])),
        (2**63, ("UINT64", [1], [2**63])),
        (2**64, ("BYTES", [1], [str(2**64)])),
        (0.5, ("FP64", [1], [0.5])),
        (True, ("BOOL", [1], [True])),
        ("é", ("BYTES", [1], ["é"])),
        (b"raw", ("BYTES", [1], ["raw"])),
        (None, ("BYTES", [1], ["null"])),
        (Level.HIGH, ("BYTES", [1], ["high"])),
        (date(2026, 1, 2), ("BYTES", [1], ["2026-01-02"])),
        ([1, 2], ("INT64", [2], [1, 2])),
        ([1, 2.5], ("FP64", [2], [1, 2.5])),
        ([], ("FP64", [0], [])),
        ([[1, 2], [3, 4]], ("INT64", [2, 2], [1, 2, 3, 4])),
        ([[1, 2], [3]], ("BYTES", [1], ["[[1,2],[3]]"])),
        (["a", "b"], ("BYTES", [2], ["a", "b"])),
        ([{"a": 1}], ("BYTES", [1], ['[{"a":1}]'])),
        ([1, "a"], ("BYTES", [1], ['[1,"a"]'])),
        ((True, False), ("BOOL", [2], [True, False])),
        (np.float32(0.5), ("FP32", [1], [0.5])),
        (np.arange(4, dtype="i2").reshape(2, 2), ("INT16", [2, 2], [0, 1, 2, 3])),
        (np.arange(4, dtype=">i2")[::2], ("INT16", [2], [0, 2])),
        (np.array([1.5], "f2"), ("FP32", [1], [1.5])),
        (np.array(["a", "b"]), ("BYTES", [2], ["a", "b"])),
        (np.array([[b"a"]], object), ("BYTES", [1, 1], ["a"])),
        (np.array([1, "a", None], object), ("BYTES", [3], ["1", '"a"', "null"])),
        (np.array(["2026-01-02"], "M8[D]"), ("BYTES", [1], ["2026-01-02"])),
        ([np.array([1, 2]), np.array([3, 4])], ("INT64", [2, 2], [1, 2, 3, 4])),
        ([np.int64(1), 2], ("INT64", [2], [1, 2])),
        (np.array(7), ("INT64", [1], [7])),
    ],
)
def test_a_single_result_is_one_tensor(result: Any, expected: Any) -> None:
    assert given_back(result) == {"output": expected}


def test_keys_and_fields_are_outputs() -> None:
    page = Page("a", [[1, 2]], {"deep": [1]})
    assert given_back(page) == {
        "text": ("BYTES", [1], ["a"]),
        "boxes": ("INT64", [1, 2], [1, 2]),
        "note": ("BYTES", [1], ['{"deep":[1]}']),
    }
    assert given_back(Pair(1, 0.5)) == {"left": ("INT64", [1], [1]), "right": ("FP64", [1], [0.5])}
    assert given_back({np.int64(1): 2}) == {"1": ("INT64", [1], [2])}


def test_a_model_tells_the_names_of_its_outputs() -> None:
    label, chances = Tensor("label", "INT64", (-1,)), Tensor("chances", "FP32", (-1, 2))
    assert list(given_back(np.array([1]), (label,))) == ["label"]
    both = (np.array([1]), np.array([[0.5, 0.5]]))
    assert list(given_back(both, (label, chances))) == ["label", "chances"]


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]
)
def test_every_datatype_is_written_in_binary_form(dtype: str) -> None:
    array = np.array([[0, 1], [1, 0]], dtype)
    datatype, shape, data = given_back(array, **IN_BINARY)["output"]
    assert (shape, data) == ([2, 2], array.tobytes())
    assert datatype[:2] == {"?": "BO", "i": "IN", "u": "UI", "f": "FP"}[dtype[0]]


@given(arrays.arrays(some.sampled_from([">f4", "<i8", "?"]), arrays.array_shapes(min_side=0)))
def test_binary_form_is_little_endian_and_row_major(array: np.ndarray) -> None:
    turned = np.asfortranarray(array)
    _, shape, data = given_back(turned, **IN_BINARY)["output"]
    assert tuple(shape) == array.shape
    assert data == array.astype(array.dtype.newbyteorder("<")).tobytes()


def test_each_output_may_be_asked_for_in_its_own_form() -> None:
    wanted = [
        {"name": "text", "parameters": {"binary_data": True}},
        {"name": "boxes", "parameters": {"binary_data": False}},
    ]
    found = given_back(Page("é", [[1]]), outputs=wanted, **IN_BINARY)
    assert found == {
        "text": ("BYTES", [1], elements("é".encode())),
        "boxes": ("INT64", [1, 1], [1]),
    }


def test_bytes_that_are_no_text_need_the_binary_form() -> None:
    assert given_back(b"\xff", **IN_BINARY)["output"] == ("BYTES", [1], elements(b"\xff"))
    with pytest.raises(Problem, match="expected true, for bytes that are not text") as caught:
        given_back(b"\xff")
    assert caught.value.code == "invalid_argument"


def test_an_output_that_is_not_there_is_refused() -> None:
    with pytest.raises(Problem, match="outputs: expected one of 'output', came 'other'"):
        given_back(1, outputs=[{"name": "other"}])


def test_what_has_no_datatype_is_the_handlers_fault() -> None:
    with pytest.raises(TypeError, match="complex128 has no datatype"):
        given_back(np.array([1j]))


def test_an_answer_names_its_model_and_repeats_the_id() -> None:
    def predict(x: int) -> int:
        return x

    document = msgspec.json.decode(answered(predict, request(ASKED, id="42")).body)
    assert list(document) == ["model_name", "model_version", "id", "outputs"]
    assert (document["model_name"], document["model_version"], document["id"]) == (
        "model", "1", "42",
    )  # fmt: skip
    assert "id" not in msgspec.json.decode(answered(predict, request(ASKED)).body)


def test_an_error_has_the_protocols_form_and_ours() -> None:
    answer = serving(lambda: None).problem(Problem("queue_full", "too many", (), {"x": "y"}), "r1")
    document = msgspec.json.decode(answer.body)
    assert (answer.status, answer.code, answer.headers) == (503, "queue_full", {"x": "y"})
    assert document["error"] == "too many"
    assert (document["code"], document["request_id"]) == ("queue_full", "r1")
