"""multipart/form-data as browsers, curl and hostile clients write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading_runtime.dataplane.multipart import Part, boundary, parse
from lading_runtime.problem import Problem

HEAD = b'Content-Disposition: form-data; name="a"\r\n\r\n'


def test_the_boundary_may_be_quoted() -> None:
    assert boundary('multipart/form-data; boundary="a b:c"; charset=utf-8') == b"a b:c"
    assert boundary("multipart/form-data;BOUNDARY=abc") == b"abc"


def test_parts_are_read_with_preamble_epilogue_and_padding() -> None:
    body = (
        b"preamble\r\n--b  \r\ncontent-type: text/plain\r\nCONTENT-DISPOSITION: form-data;"
        b' filename="x \\" y"; name="n"\r\n\r\none\r\ntwo\r\n--b\r\n' + HEAD + b"\r\n--b--\r\nbye"
    )
    assert parse(body, b"b") == [Part("n", True, b"one\r\ntwo"), Part("a", False, b"")]


def test_no_parts_at_all_are_read_as_none() -> None:
    assert parse(b"--b--\r\n", b"b") == []


@given(st.binary(), st.binary())
def test_any_bytes_without_the_boundary_come_back_as_they_were(one: bytes, two: bytes) -> None:
    mark = b"a-mark-that-is-not-drawn"
    body = b"".join(b"--%s\r\n%s%s\r\n" % (mark, HEAD, value) for value in (one, two))
    parts = parse(body + b"--%s--\r\n" % mark, mark)
    assert parts == [Part("a", False, one), Part("a", False, two)]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "the boundary never occurs"),
        (b"--b", "a boundary is followed by something else than a line break"),
        (b"--bx\r\n", "a boundary is followed by something else than a line break"),
        (b"--b\r\n" + HEAD + b"value", "the last part has no end"),
        (b"--b\r\nA: b\r\n--b--", "a part has no blank line after its headers"),
        (b"--b\r\nA: b\r\n\r\n\r\n--b--", "a part has no content-disposition"),
        (b"--b\r\n\r\nx\r\n--b--", "a part has no content-disposition"),
        (
            b"--b\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--",
            "a part has no name in its content-disposition",
        ),
        (b"--b\r\n\xff: b\r\n\r\n\r\n--b--", "the headers of a part are not UTF-8"),
        (b"--b\r\n" + (HEAD + b"\r\n--b\r\n") * 1001, "more than 1000 parts"),
    ],
)
def test_what_is_broken_is_said(body: bytes, why: str) -> None:
    with pytest.raises(Problem) as raised:
        parse(body, b"b")
    assert raised.value.detail == f"the multipart body cannot be read: {why}"
    assert raised.value.code == "malformed_multipart"


@pytest.mark.parametrize("kind", ["multipart/form-data", 'multipart/form-data; boundary=""'])
def test_a_missing_boundary_is_said(kind: str) -> None:
    with pytest.raises(Problem) as raised:
        boundary(kind)
    assert raised.value.detail == (
        "the multipart body cannot be read: the content type has no boundary of 1 to 70 characters"
    )


@given(st.binary(max_size=200))
def test_no_body_makes_it_crash(body: bytes) -> None:
    try:
        parse(b"--b\r\n" + body, b"b")
    except Problem as problem:
        assert problem.code == "malformed_multipart"
