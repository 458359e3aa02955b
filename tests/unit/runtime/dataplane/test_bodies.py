"""Bodies without names: which arguments they can be, and what is refused of them."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading_runtime.dataplane import npy
from lading_runtime.dataplane.npy import parse
from lading_runtime.problem import Problem
from tests.unit.runtime.dataplane.calls import call, faults, form, plane

NPY = "application/x-npy"
OCTETS = "application/octet-stream"
ARROW = "application/vnd.apache.arrow.stream"


def array(x: np.ndarray, scale: float = 1.0) -> np.ndarray: ...
def floats(x: np.typing.NDArray[np.float32] | None = None) -> np.ndarray: ...
def file(image: bytes, language: str = "eng") -> bytes: ...
def small(image: Annotated[bytes, msgspec.Meta(max_length=3)]) -> bytes: ...
def text(words: str) -> str: ...
def two(x: np.ndarray, y: np.ndarray) -> np.ndarray: ...
def frame(rows: pd.DataFrame) -> pd.DataFrame: ...
def columns(x: np.ndarray, names: list[str], share: float = 0.0) -> None: ...


class Batch:
    def predict_batch(self, arrays: np.ndarray) -> np.ndarray: ...


def saved(array: np.ndarray, **options: Any) -> bytes:
    written = io.BytesIO()
    np.lib.format.write_array(written, array, allow_pickle=True, **options)
    return written.getvalue()


def stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize(
    "sent",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.array(3.5),
        np.zeros((0, 3)),
        np.array([True, False]),
        np.arange(3, dtype=">i4"),
    ],
)
def test_an_array_is_read_as_numpy_wrote_it(sent: np.ndarray, version: tuple[int, int]) -> None:
    read = plane(array).read(call(saved(sent, version=version), NPY))["x"]
    assert (read.dtype, read.shape) == (sent.dtype, sent.shape)
    assert read.tolist() == sent.tolist()
    assert read.flags.writeable


def test_an_array_is_a_view_of_a_body_that_can_be_written_to() -> None:
    given = call(saved(np.zeros(4)), NPY)
    read = plane(array).read(given)["x"]
    read[:] = 1
    assert parse(given.body).tolist() == [1, 1, 1, 1]
    frozen = bytes(given.body)
    copy = parse(frozen)
    copy[:] = 2
    assert parse(frozen).tolist() == [1, 1, 1, 1]


def test_the_dtype_asked_for_holds_for_arrays_too() -> None:
    read = plane(floats).read(call(saved(np.arange(3)), NPY))["x"]
    assert read.dtype == np.float32
    served = plane(Batch())
    arguments = served.read(call(saved(np.arange(3)), NPY))
    assert arguments["array"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("body", "came"),
    [
        (b"", "something without its first bytes"),
        (b"\x93NUMPY\x09\x00aaaaaaaaa", "something without its first bytes"),
        (b"\x93NUMPY\x01\x00\xff\x00{}", "a header of 255 bytes"),
        (b"\x93NUMPY\x01\x00\x04\x00{1:2}", "a header that cannot be read"),
        (saved(np.array([object()], dtype=object)), "an array of |O"),
        (saved(np.array(["a"])), "an array of <U1"),
        (saved(np.zeros(2, dtype=[("a", "i4")])), "a header that cannot be read"),
        (saved(np.zeros(2))[:-1], "15 bytes for a (2,) of float64, which has 16"),
        (saved(np.zeros(2)) + b"x", "17 bytes for a (2,) of float64, which has 16"),
        (saved(np.zeros(2)).replace(b"(2,)", b"(-2)"), "a header that cannot be read"),
    ],
)
def test_a_broken_array_is_said(body: bytes, came: str) -> None:
    assert faults(plane(array), call(body, NPY)) == [("x", "an array in the .npy format", came)]


@given(st.binary(max_size=80))
def test_no_header_makes_it_crash(header: bytes) -> None:
    body = npy.MAGIC + b"\x01\x00" + len(header).to_bytes(2, "little") + header
    with contextlib.suppress(ValueError):
        parse(body)


def test_an_array_may_be_a_file_of_a_form() -> None:
    sent = form(("x", saved(np.arange(3))), ("scale", b"2"), file=True)
    assert plane(array).read(sent)["x"].tolist() == [0, 1, 2]
    broken = form(("x", saved(np.arange(3))[:-1]), file=True)
    assert faults(plane(array), broken)[0][1] == "an array in the .npy format"


def test_octets_are_a_file_or_the_elements_of_an_array() -> None:
    assert plane(file).read(call(b"\xff\x00", OCTETS)) == {"image": b"\xff\x00"}
    body = np.arange(3, dtype=np.float32).tobytes()
    assert plane(floats).read(call(body, OCTETS))["x"].tolist() == [0, 1, 2]
    assert faults(plane(floats), call(body[:-1], OCTETS)) == [
        ("x", "whole elements of float32, 4 bytes each", "11 bytes")
    ]
    assert faults(plane(small), call(b"long", OCTETS))[0][:2] == ("image", "bytes of length <= 3")


@pytest.mark.parametrize(
    ("target", "media_type", "why"),
    [
        (
            two,
            NPY,
            "application/x-npy cannot be read here: it holds one argument, and 'x', 'y' are needed",
        ),
        (
            text,
            NPY,
            "application/x-npy cannot be read here: it holds an array, which 'words' is not",
        ),
        (
            text,
            OCTETS,
            "application/octet-stream cannot be read here: it holds bytes, a picture or an array "
            "of a dtype that is fixed by its hint, which 'words' is not",
        ),
        (
            array,
            OCTETS,
            "application/octet-stream cannot be read here: it holds bytes, a picture or an array "
            "of a dtype that is fixed by its hint, which 'x' is not",
        ),
        (
            text,
            "text/plain",
            f"expected application/json, multipart/form-data or {ARROW}, came text/plain",
        ),
    ],
)
def test_a_body_that_fits_no_argument_is_refused_with_why(
    target: Callable[..., Any], media_type: str, why: str
) -> None:
    with pytest.raises(Problem) as raised:
        plane(target).read(call(b"", media_type))
    assert raised.value.code == "unsupported_media_type"
    assert raised.value.detail == why
    assert raised.value.headers["accept"].startswith("application/json, multipart/form-data")


def test_a_table_is_a_frame_an_array_or_many_arguments() -> None:
    table = pa.table({"a": [1, 2], "b": [0.5, 1.5]})
    rows = plane(frame).read(call(stream(table), ARROW))["rows"]
    assert rows.to_dict("list") == {"a": [1, 2], "b": [0.5, 1.5]}
    read = plane(array).read(call(stream(table), ARROW))["x"]
    assert read.tolist() == [[1, 0.5], [2, 1.5]]
    table = pa.table({"x": [1, 2], "names": ["a", "b"]})
    arguments = plane(columns).read(call(stream(table), ARROW))
    assert arguments["x"].tolist() == [1, 2]
    assert arguments["x"].flags.writeable
    assert arguments["names"] == ["a", "b"]
    one = pa.table({"x": [1], "names": ["a"], "share": [0.5]})
    arguments = plane(columns).read(call(stream(one), ARROW))
    assert (arguments["names"], arguments["share"]) == (["a"], 0.5)


def test_what_is_wrong_with_a_table_is_said() -> None:
    whole = stream(pa.table({"a": ["x"], "b": [1]}))
    assert faults(plane(array), call(whole, ARROW)) == [
        ("x", "columns of numbers", "a column of string")
    ]
    for broken in (b"", b"hello", whole[:-40]):
        (fault,) = faults(plane(frame), call(broken, ARROW))
        assert fault[:2] == ("", "a table as an Arrow IPC stream")
    assert faults(plane(text), call(whole, ARROW))[:2] == [
        ("a", "one of 'words'", "an unknown argument"),
        ("b", "one of 'words'", "an unknown argument"),
    ]
