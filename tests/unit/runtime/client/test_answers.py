"""Answers and events, however they are cut into pieces."""

from __future__ import annotations

import io

import numpy
import pytest

from lading_runtime.client import results
from lading_runtime.client.answers import Answer, BrokenAnswer
from lading_runtime.client.errors import UnexpectedAnswer
from lading_runtime.client.events import Event, Events
from tests.unit.runtime.client.scripted import answer


def read(raw: bytes, size: int) -> Answer:
    made = Answer()
    for start in range(0, len(raw), size):
        made.feed(raw[start : start + size])
    return made


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_an_answer_is_read_however_it_is_cut(size: int) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
    chunked = b"HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    made = read(early + chunked + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", size)
    assert (made.status, made.headers["a"], made.whole, made.keep) == (200, "1, 2", True, True)
    assert "link" not in made.headers
    assert made.take() == b"abcde"


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    made = read(b"HTTP/1.1 200 OK\r\n\r\nall of it", 4)
    assert not made.whole
    assert made.end()
    assert (made.whole, made.keep, made.take()) == (True, False, b"all of it")


def test_an_answer_cut_short_is_not_whole() -> None:
    assert not read(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", 100).end()
    assert not read(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhalf", 100).end()
    assert not read(b"HTTP/1.1 200 OK\r\ncont", 100).end()


@pytest.mark.parametrize("more", [b"HTTP/1.1 200 OK\r\n\r\n", b"nonsense", b"\x00"])
@pytest.mark.parametrize("size", [1, 1000])
def test_a_connection_on_which_more_comes_than_was_asked_is_not_kept(
    more: bytes, size: int
) -> None:
    made = read(answer(b"1") + more, size)
    assert (made.whole, made.keep, made.take()) == (True, False, b"1")


@pytest.mark.parametrize("raw", [b"SSH-2.0-x\r\n", b"HTTP/1.1 101 S\r\nupgrade: x\r\n\r\n"])
def test_what_is_not_http_is_told(raw: bytes) -> None:
    with pytest.raises(BrokenAnswer):
        read(raw, 100)


def result(body: bytes, kind: str) -> object:
    made = read(answer(body, kind=kind), 1000)
    return results.result("ocr", made, made.take())


def test_results_are_read_by_their_type() -> None:
    assert result(b'{"a": [1.5, null]}', "application/json; charset=utf-8") == {"a": [1.5, None]}
    assert result("é".encode(), "text/plain; charset=utf-8") == "é"
    assert result(b"\xff\x00", "application/octet-stream") == b"\xff\x00"
    assert result(b"data: 1\n\ndata: [2]\n\n", "text/event-stream") == [1, [2]]
    file = io.BytesIO()
    numpy.save(file, numpy.arange(6, dtype="float32").reshape(2, 3))
    array = result(file.getvalue(), "application/x-npy")
    assert isinstance(array, numpy.ndarray)
    assert array.dtype == "float32"
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_pickle_within_an_array_is_never_read() -> None:
    file = io.BytesIO()
    numpy.save(file, numpy.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UnexpectedAnswer, match="the application/x-npy that came cannot be read"):
        result(file.getvalue(), "application/x-npy")


def test_json_that_is_none_is_an_unexpected_answer() -> None:
    with pytest.raises(UnexpectedAnswer, match="the application/json that came cannot be read"):
        result(b"{", "application/json")


STREAM = (
    b"\xef\xbb\xbf: a comment\r\ndata: 1\r\n\r\n"
    b"event: error\ndata:{\ndata: }\n\n"
    b"id: 7\nretry: 5\nevent: dropped\n\ndata\rdata:  x\r\revent: e\ndata: \xc3\xa9\n\ndata: left"
)


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_events_are_read_however_they_are_cut(size: int) -> None:
    events = Events()
    found = [
        x
        for start in range(0, len(STREAM), size)
        for x in events.feed(STREAM[start : start + size])
    ]
    assert found == [
        Event("message", b"1"),
        Event("error", b"{\n}"),
        Event("message", b"\n x"),
        Event("e", "é".encode()),
    ]
