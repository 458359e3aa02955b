"""Results in the form that the caller prefers."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lading_runtime.dataplane.accepting import choose
from tests.unit.runtime.dataplane.calls import call, plane

NPY = "application/x-npy"
ARROW = "application/vnd.apache.arrow.stream"


def predict() -> Any: ...


def answer(value: Any, accept: str) -> Any:
    return plane(predict).write(value, call(accept=accept))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.arange(6).reshape(2, 3).T,
        np.array(2.5),
        np.zeros((0, 2)),
        np.arange(20)[::3],
        np.arange(3, dtype=">i2"),
    ],
)
def test_numpy_reads_what_is_written_as_npy(array: np.ndarray) -> None:
    written = answer(array, NPY)
    assert written.media_type == NPY
    read = np.load(io.BytesIO(written.body), allow_pickle=False)
    assert (read.dtype, read.tolist()) == (array.dtype, array.tolist())
    assert msgspec.json.decode(answer(array, "").body) == array.tolist()


def test_a_frame_is_a_table_where_asked() -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=["x", "y"])
    written = answer(frame, ARROW)
    assert written.media_type == ARROW
    assert pa.ipc.open_stream(written.body).read_all().to_pydict() == {"a": [1, 2]}
    assert msgspec.json.decode(answer(frame, "*/*").body) == [{"a": 1}, {"a": 2}]


def test_bytes_are_bytes_where_asked() -> None:
    for value in (b"\xff", bytearray(b"\xff"), memoryview(b"\xff")):
        written = answer(value, "application/octet-stream")
        assert (written.media_type, bytes(written.body)) == ("application/octet-stream", b"\xff")
        assert answer(value, "application/json").body == b'"/w=="'


def test_a_value_without_the_form_asked_for_is_json() -> None:
    for value in (np.array(["a"]), ["a"], np.array([None])):
        assert answer(value, NPY).media_type == "application/json"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (NPY, NPY),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        (f"{NPY}, */*", NPY),
        (f"{NPY};q=0.5, */*;q=0.8", "application/json"),
        (f"application/json;q=0.2, {NPY};q=0.4", NPY),
        (f"application/json, {NPY}", "application/json"),
        ("APPLICATION/X-NPY ; Q=1.0", NPY),
        (f"{NPY};q=0", "application/json"),
        (f"{NPY};q=much", "application/json"),
        (f"{NPY};q=nan", "application/json"),
        ("text/html", "application/json"),
        (";;,,q=", "application/json"),
    ],
)
def test_the_accept_header_decides(accept: str, chosen: str) -> None:
    assert choose(accept, ("application/json", NPY)) == chosen
