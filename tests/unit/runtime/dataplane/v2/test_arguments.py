"""Tensors become arguments: by name, as the type hints say, without a copy where that can be."""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from lading_runtime.handlers.tensors import Tensor
from lading_runtime.problem import Problem
from tests.unit.runtime.dataplane.v2.asking import (
    binary,
    call,
    elements,
    request,
    serving,
    tensor,
)

CODES = {
    "BOOL": "?", "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q", "UINT8": "B",
    "UINT16": "H", "UINT32": "I", "UINT64": "Q", "FP16": "e", "FP32": "f", "FP64": "d",
}  # fmt: skip


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Box:
    width: int


def one(hint: Any, given: dict[str, Any], raw: bytes = b"") -> Any:
    """What the argument `x` of this type becomes."""

    def predict(x: Any) -> None: ...

    predict.__annotations__["x"] = hint
    return serving(predict).read(request([given], raw))["x"]


def refused(hint: Any, given: dict[str, Any], raw: bytes = b"") -> tuple[str, str]:
    with pytest.raises(Problem) as caught:
        one(hint, given, raw)
    return caught.value.code, caught.value.detail


@pytest.mark.parametrize(
    ("hint", "datatype", "value", "expected"),
    [
        (int, "INT64", 3, 3), (float, "INT8", 3, 3.0), (float, "FP32", 0.5, 0.5),
        (bool, "BOOL", True, True), (str, "BYTES", "é", "é"), (bytes, "BYTES", "é", "é".encode()),
        (str | None, "BYTES", "a", "a"), (Colour, "BYTES", "red", Colour.RED),
        (Literal[1, 2], "INT64", 2, 2), (Any, "INT64", 3, [3]),
        (date, "BYTES", "2026-01-02", date(2026, 1, 2)),
        (Box, "BYTES", '{"width": 3}', Box(3)), (list[int], "BYTES", "[1, 2]", [1, 2]),
    ],
)  # fmt: skip
def test_a_tensor_of_one_element_is_a_scalar(
    hint: Any, datatype: str, value: Any, expected: Any
) -> None:
    assert one(hint, tensor("x", datatype, [1], [value])) == expected


def test_any_shape_that_holds_one_element_will_do_for_a_scalar() -> None:
    assert one(int, tensor("x", "INT64", [1, 1], [[7]])) == 7
    assert one(int, tensor("x", "INT64", [], [7])) == 7


@pytest.mark.parametrize("datatype", CODES)
def test_every_datatype_is_read_in_binary_form(datatype: str) -> None:
    values = [True, False, True] if datatype == "BOOL" else [0, 1, 100]
    raw = struct.pack(f"<3{CODES[datatype]}", *values)
    given = binary("x", datatype, [3], len(raw))
    assert one(list[Any], given, raw) == values
    array = one(np.ndarray, given, raw)
    assert array.tolist() == values
    assert array.itemsize == len(raw) // 3


@pytest.mark.parametrize("datatype", [name for name in CODES if name != "FP16"])
def test_every_datatype_but_fp16_is_read_from_json(datatype: str) -> None:
    values = [True, False] if datatype == "BOOL" else [0, 100]
    given = tensor("x", datatype, [2], values)
    assert one(list[Any], given) == values
    assert one(np.ndarray, given).dtype.itemsize == struct.calcsize(CODES[datatype])


def test_lists_are_nested_as_the_shape_says() -> None:
    flat = tensor("x", "INT32", [2, 1, 3], [1, 2, 3, 4, 5, 6])
    nested = tensor("x", "INT32", [2, 1, 3], [[[1, 2, 3]], [[4, 5, 6]]])
    expected = [[[1, 2, 3]], [[4, 5, 6]]]
    assert one(list[list[list[int]]], flat) == expected
    assert one(list[list[list[int]]], nested) == expected
    assert one(np.ndarray, nested).tolist() == expected
    assert one(list[list[int]], tensor("x", "INT32", [1, 1], [5])) == [[5]]
    assert one(list[list[int]], tensor("x", "INT32", [2, 0], [])) == [[], []]
    assert one(list[int], tensor("x", "INT32", [0], [])) == []


def test_bytes_come_as_text_or_as_they_are() -> None:
    raw = elements(b"one", b"", b"\xff\x00")
    given = binary("x", "BYTES", [3], len(raw))
    assert one(list[bytes], given, raw) == [b"one", b"", b"\xff\x00"]
    assert refused(list[str], given, raw) == (
        "invalid_argument",
        "x: expected array of str, came bytes that are not UTF-8",
    )
    text = elements(b"one", "é".encode())
    given = binary("x", "BYTES", [1, 2], len(text))
    assert one(list[list[str]], given, text) == [["one", "é"]]
    assert one(np.ndarray, given, text).tolist() == [["one", "é"]]
    assert one(NDArray[np.bytes_], given, text).tolist() == [[b"one", "é".encode()]]
    assert one(NDArray[np.str_], given, text).dtype.kind == "U"


def test_an_array_is_a_view_of_the_body_where_that_can_be() -> None:
    def predict(x: np.ndarray) -> None: ...

    raw = np.arange(6, dtype="<f4").tobytes()
    text = msgspec.json.encode({"inputs": [binary("x", "FP32", [2, 3], 24)]})
    for surplus in range(4):
        head = text.ljust((len(text) + 3) // 4 * 4 + surplus)
        body = bytearray(head + raw)
        asked = call(body, {"inference-header-content-length": str(len(head))})
        array = serving(predict).read(asked)["x"]
        assert array.tolist() == [[0, 1, 2], [3, 4, 5]]
        assert array.flags.aligned and array.flags.writeable
        body[len(head) :] = bytes(24)
        # Misaligned for a float: a copy, for the sake of compiled code that gets it.
        assert array.any() == (surplus != 0), surplus


def test_an_array_may_be_written_to_even_where_the_body_may_not() -> None:
    raw = bytes(8)
    array = one(np.ndarray, binary("x", "FP64", [1], 8), raw)
    array += 1
    assert (array.tolist(), raw) == ([1.0], bytes(8))


def test_an_array_gets_the_type_it_asks_for() -> None:
    given = tensor("x", "INT64", [2], [1, 200])
    assert one(NDArray[np.float32], given).dtype == np.float32
    assert one(NDArray[np.uint8], given).dtype == np.uint8
    assert one(Annotated[NDArray[np.int64], "words"] | None, given).dtype == np.int64
    expected = ("invalid_argument", "x[1]: expected int8, -128 to 127, came 200")
    assert refused(NDArray[np.int8], given) == expected
    expected = ("invalid_argument", "x[0]: expected a whole number (int64), came 1.5")
    assert refused(NDArray[np.int64], tensor("x", "FP32", [1], [1.5])) == expected


def test_every_tensor_that_is_wrong_is_named() -> None:
    def predict(a: int, b: str, c: float = 1.0) -> None: ...

    plane = serving(predict)
    assert plane.read(request([tensor("a", "INT8", [1], [1]), tensor("b", "BYTES", [1], ["x"])]))
    with pytest.raises(Problem) as caught:
        plane.read(request([tensor("a", "BYTES", [1], ["x"]), tensor("d", "INT8", [1], [1])]))
    assert [tuple(fault) for fault in caught.value.faults] == [
        ("d", "one of 'a', 'b', 'c'", "an unknown tensor"),
        ("a", "int", "str"),
        ("b", "str", "no tensor of this name"),
    ]


def test_two_tensors_of_one_name_are_refused() -> None:
    def predict(a: int) -> None: ...

    with pytest.raises(Problem, match="a: expected one tensor of this name, came 2"):
        serving(predict).read(request([tensor("a", "INT8", [1], [1])] * 2))


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        (tensor("x", "INT8", [1], [200]), "inputs.x.data: expected -128 to 127 in INT8, came 200"),
        (tensor("x", "UINT8", [1], [-1]), "inputs.x.data: expected 0 to 255 in UINT8, came -1"),
        (
            tensor("x", "UINT64", [1], [2**64]),
            f"inputs.x.data: expected 0 to {2**64 - 1} in UINT64, came {2**64}",
        ),
        (
            tensor("x", "INT8", [1], [1.5]),
            "inputs.x.data: expected an array of INT8, came another "
            "(Expected `int`, got `float` - at `$[0]`)",
        ),
        (
            tensor("x", "INT8", [2], [1]),
            "inputs.x.data: expected 2 elements for the shape [2], came 1 elements",
        ),
        (
            tensor("x", "INT8", [2, 2], [[1, 2], [3]]),
            "inputs.x.data: expected arrays nested as [2, 2], came another nesting",
        ),
        (tensor("x", "FP16", [1], [1.0]), "inputs.x: expected FP16 as binary data, came JSON"),
        (
            tensor("x", "INT8", [-1], []),
            "inputs.x.shape: expected at most 32 whole numbers from 0, came [-1]",
        ),
        (
            tensor("x", "INT8", [2**60, 0], []),
            "inputs.x.shape: expected a shape that holds elements, came [1152921504606846976, 0]",
        ),
        (
            {"name": "x", "datatype": "INT8", "shape": [1]},
            "inputs.x: expected data, or the parameter binary_data_size, came neither",
        ),
        (
            tensor("x", "INT8", [3], [1, 2, 3]),
            "x: expected int, came array",
        ),
    ],
)
def test_a_tensor_that_cannot_be_is_refused(given: dict[str, Any], detail: str) -> None:
    assert refused(int, given) == ("invalid_argument", detail)


def test_an_unknown_datatype_is_refused_with_those_there_are() -> None:
    code, detail = refused(int, tensor("x", "BF16", [1], [1]))
    assert code == "invalid_argument"
    assert detail.startswith("inputs.x.datatype: expected one of BOOL, INT8,")
    assert detail.endswith("came 'BF16'")


def of_a_model(inputs: list[list[float]], outputs: list[Literal["a", "b"]] | None = None) -> None:
    """As a flavour has it: it tells its tensors, and takes arrays as well as lists."""


MODEL = {"inputs": (Tensor("inputs", "FP64", (-1, 2)),)}


@pytest.mark.parametrize("name", ["inputs", "input-0"])
def test_a_model_gets_its_tensor_as_an_array_whatever_a_client_calls_it(name: str) -> None:
    asked = request([binary(name, "FP32", [1, 2], 8)], bytes(8))
    rows = serving(of_a_model, **MODEL).read(asked)["inputs"]
    assert (rows.dtype, rows.shape) == (np.float32, (1, 2))


def test_a_model_is_told_which_outputs_are_wanted() -> None:
    inputs = [tensor("inputs", "FP32", [1, 2], [1, 2])]
    plane = serving(of_a_model, **MODEL)
    assert plane.read(request(inputs, outputs=[{"name": "b"}]))["outputs"] == ["b"]
    assert "outputs" not in plane.read(request(inputs))
    with pytest.raises(Problem) as caught:
        plane.read(request(inputs, outputs=[{"name": "c"}]))
    assert caught.value.faults[0].field == "outputs[0]"


def test_outputs_that_are_wanted_are_no_argument_of_a_handler() -> None:
    inputs = [tensor("inputs", "FP32", [1, 2], [1, 2])]
    arguments = serving(of_a_model).read(request(inputs, outputs=[{"name": "b"}]))
    assert arguments == {"inputs": [[1.0, 2.0]]}
