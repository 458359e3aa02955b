"""numpy arrays in and out, where numpy is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lading_runtime.dataplane.openapi import document
from lading_runtime.dataplane.plane import DataPlane
from tests.unit.runtime.dataplane import calls
from tests.unit.runtime.dataplane.calls import call, faults

np = pytest.importorskip("numpy", reason="numpy is not installed here")


def plane(hint: Any) -> DataPlane:
    def predict(x):
        return x

    predict.__annotations__ = {"x": hint}
    return calls.plane(predict)


def test_lists_become_arrays_of_the_type_asked_for() -> None:
    served = plane(np.typing.NDArray[np.float32])
    array = served.read(call(b'{"x": [[1, 2.5], [3, 4]]}'))["x"]
    assert (array.dtype, array.shape) == (np.float32, (2, 2))
    assert served.write(array, call()).body == b"[[1.0,2.5],[3.0,4.0]]"
    assert plane(np.ndarray).read(call(b'{"x": [true, false]}'))["x"].dtype == bool


@pytest.mark.parametrize(
    ("hint", "body", "expected", "came"),
    [
        (np.ndarray, b'"a"', "array of numbers", "str"),
        (np.ndarray, b"[[1], [1, 2]]", "array of numbers", "ragged array"),
        (np.ndarray, b'["a"]', "array of numbers", "array of other things"),
        (np.ndarray, b"[1%s]" % (b"0" * 400), "array of numbers", "array of other things"),
        (np.ndarray[Any, np.dtype[np.uint8]], b"[256]", "array of uint8", "array of int64"),
        (np.ndarray[Any, np.dtype[np.int32]], b"[0.5]", "array of int32", "array of float64"),
    ],
)
def test_what_does_not_fit_is_said(hint: Any, body: bytes, expected: str, came: str) -> None:
    assert faults(plane(hint), call(b'{"x": ' + body + b"}")) == [("x", expected, came)]


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
