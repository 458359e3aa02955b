"""numpy arrays in and out, where numpy is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lading_runtime.dataplane.openapi import document
from lading_runtime.handlers.extensions import arrays
from tests.unit.runtime.dataplane.calls import call, faults
from tests.unit.runtime.dataplane.calls import plane_of as plane

np = pytest.importorskip("numpy", reason="numpy is not installed here")


BITS = "a whole number of at most 64 bits"


def array_of(scalar: Any) -> Any:
    return np.ndarray[Any, np.dtype[scalar]]


def test_lists_become_arrays_of_the_type_asked_for() -> None:
    served = plane(np.typing.NDArray[np.float32])
    array = served.read(call(b'{"x": [[1, 2.5], [3, 4]]}'))["x"]
    assert (array.dtype, array.shape) == (np.float32, (2, 2))
    assert served.write(array, call()).body == b"[[1.0,2.5],[3.0,4.0]]"
    assert plane(np.ndarray).read(call(b'{"x": [true, false]}'))["x"].dtype == bool


@pytest.mark.parametrize(
    ("hint", "body", "path", "expected", "came"),
    [
        (np.ndarray, b'"a"', "", "array of numbers", "str"),
        (np.ndarray, b"[[1], [1, 2]]", "[1]", "array of 1, as the first is", "array of 2"),
        (np.ndarray, b"[[1], 2]", "[1]", "array of 1, as the first is", "2"),
        (np.ndarray, b"[1, [2]]", "[1]", "a number", "an array"),
        (np.ndarray, b'[[1, "a"]]', "[0][1]", "a number", '"a"'),
        (np.ndarray, b"[null]", "[0]", "a number", "null"),
        (np.ndarray, b"[0, 1%s]" % (b"0" * 400), "[1]", BITS, "one of 1329 bits"),
        (np.ndarray, b"[36893488147419103232]", "[0]", BITS, "36893488147419103232"),
        (array_of(np.uint8), b"[1, 256]", "[1]", "uint8, 0 to 255", "256"),
        (array_of(np.uint8), b"[[1, -1]]", "[0][1]", "uint8, 0 to 255", "-1"),
        (array_of(np.int32), b"[1, 0.5]", "[1]", "a whole number (int32)", "0.5"),
        (array_of(np.int32), b"[1.0]", "", "array of int32", "array of float64"),
        (array_of(np.float32), b"[0, 1e39]", "[1]", "float32, at most 3.4028e+38 in size", "1e+39"),
        (array_of(np.float16), b"[70000]", "[0]", "float16, at most 65504 in size", "70000"),
        (np.ndarray, b"[" * 70 + b"]" * 70, "", "array of at most 64 axes", "array of 70"),
    ],
)
def test_what_does_not_fit_is_said(
    hint: Any, body: bytes, path: str, expected: str, came: str
) -> None:
    assert faults(plane(hint), call(b'{"x": ' + body + b"}")) == [("x" + path, expected, came)]


def test_infinity_in_a_file_stays_what_it_is() -> None:
    given = call(np.array([np.inf, 1.0]).tobytes(), "application/octet-stream")
    assert plane(array_of(np.float64)).read(given)["x"].tolist() == [np.inf, 1.0]
    assert arrays.decode(array_of(np.float32), np.array([np.inf])).tolist() == [np.inf]


def test_scalars_arrays_and_keys_of_numpy_are_written_as_json() -> None:
    result = {np.int64(3): np.float32(0.5), "a": (np.arange(2), np.bool_(True), np.nan)}
    encoded = plane(np.ndarray).write(result, call()).body
    assert msgspec.json.decode(encoded) == {"3": 0.5, "a": [[0, 1], True, None]}


def test_openapi_describes_an_array() -> None:
    described = document("s", plane(np.ndarray).handler.signature)
    body = described["paths"]["/s/predict"]["post"]["requestBody"]["content"]
    assert body["application/json"]["schema"]["properties"]["x"] == {
        "type": "array",
        "description": "nested lists of numbers",
    }
