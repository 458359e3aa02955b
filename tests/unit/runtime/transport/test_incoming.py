"""Bytes in, requests out, whatever pieces they come in; limits; nothing after a refusal."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading_runtime.configuration import Limits
from lading_runtime.exchange import Request
from lading_runtime.problem import Problem
from lading_runtime.shared import FROM_BYTES, Shared
from lading_runtime.transport.incoming import Incoming, Phase
from tests.unit.runtime.workers import descriptors

LIMITS = Limits()
PIPELINED = (
    b"POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nfirst"
    b"GET /b HTTP/1.1\r\nHost: h\r\n\r\n"
    b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;ext=1\r\nthi\r\n2\r\nrd\r\n0\r\nTrailer: after\r\n\r\n"
    b"POST /d HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 6\r\n"
    b"\r\nfourth"
    b"GET /e HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    b"GET /never HTTP/1.1\r\nHost: h\r\n\r\n"
)
EXPECTED = [
    ("POST", "/a?b=c", {"host": "h", "content-length": "5", "x-a": "1, 2"}, b"first", True),
    ("GET", "/b", {"host": "h"}, b"", True),
    ("POST", "/c", {"host": "h", "transfer-encoding": "chunked"}, b"third", True),
    ("POST", "/d", {"host": "h", "content-length": "6"}, b"fourth", True),
    ("GET", "/e", {"host": "h", "connection": "close"}, b"", False),
]


def fed(*pieces: bytes, limits: Limits = LIMITS) -> Incoming:
    incoming = Incoming(limits)
    for piece in pieces:
        incoming.feed(piece)
    return incoming


def plain(item: Request | Problem) -> tuple[object, ...]:
    if isinstance(item, Problem):
        return (item.status, item.code)
    body = item.body
    if isinstance(body, Shared):
        body = bytes(body.view())
    return item.method, item.target, dict(item.headers), body, item.keep_alive


def found(*pieces: bytes, limits: Limits = LIMITS) -> list[tuple[object, ...]]:
    return [plain(item) for item in fed(*pieces, limits=limits).ready]


def sliced(raw: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cuts), len(raw)]
    return [raw[a:b] for a, b in itertools.pairwise(edges) if a < b]


@given(st.lists(st.integers(0, len(PIPELINED)), max_size=12))
def test_pipelined_requests_come_out_whole_and_in_order(cuts: list[int]) -> None:
    assert found(*sliced(PIPELINED, cuts)) == EXPECTED


def test_requests_come_out_byte_by_byte() -> None:
    assert found(*(bytes([byte]) for byte in PIPELINED)) == EXPECTED


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=5))
def test_no_bytes_ever_raise(raw: bytes, cuts: list[int]) -> None:
    incoming = fed(*sliced(raw, [min(cut, len(raw)) for cut in cuts]))
    problems = [item for item in incoming.ready if isinstance(item, Problem)]
    assert len(problems) <= 1
    assert not problems or incoming.ready[-1] is problems[0]


@given(st.integers(0, len(PIPELINED)), st.binary(min_size=1, max_size=30))
def test_what_came_before_bytes_that_are_wrong_is_not_harmed(at: int, wrong: bytes) -> None:
    items = found(PIPELINED[:at] + wrong + PIPELINED[at:])
    whole = found(PIPELINED[:at])
    assert items[: len(whole)] == whole or at >= len(PIPELINED) - 50


def refused(*pieces: bytes, **limits: int) -> tuple[int, str]:
    [item] = fed(*pieces, limits=replace(LIMITS, **limits)).ready
    assert isinstance(item, Problem)
    return item.status, item.code


HEAD = b"POST / HTTP/1.1\r\nHost: h\r\n"


@pytest.mark.parametrize(
    ("pieces", "status", "code"),
    [
        ([b"GET /" + b"a" * 100], 414, "uri_too_long"),
        ([b"GET /", *[b"a"] * 100], 414, "uri_too_long"),
        ([HEAD + b"A: b\r\n" * 10 + b"\r\n"], 431, "headers_too_large"),
        ([HEAD, *[b"A: b\r\n"] * 20], 431, "headers_too_large"),
        ([HEAD + b"A: " + b"b" * 200 + b"\r\n\r\n"], 431, "headers_too_large"),
        ([HEAD + b"A: ", *[b"b"] * 400], 431, "headers_too_large"),
        ([HEAD + b"Content-Length: 65\r\n\r\n"], 413, "body_too_large"),
        ([HEAD + b"Content-Length: 9" + b"9" * 40 + b"\r\n\r\n"], 400, "malformed_http"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n41\r\n" + b"x" * 65], 413, "body_too_large"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 65],
         413, "body_too_large"),
        ([b"GET / HTTP/1.1\r\n\r\n"], 400, "malformed_http"),
        ([b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"], 400, "malformed_http"),
        ([b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"], 505, "http_version_not_supported"),
        ([HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n"], 501, "not_implemented"),
        ([HEAD + b"Expect: a miracle\r\n\r\n"], 417, "expectation_failed"),
        ([HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"],
         400, "malformed_http"),
        ([HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n"], 400, "malformed_http"),
        ([HEAD + b"Content-Length: -1\r\n\r\n"], 400, "malformed_http"),
        ([HEAD + b"Content-Length: \xb2\r\n\r\n"], 400, "malformed_http"),
        ([HEAD + b"A : b\r\n\r\n"], 400, "malformed_http"),
        ([HEAD + b" folded: b\r\n\r\n"], 400, "malformed_http"),
        ([HEAD + b"A: a\x00b\r\n\r\n"], 400, "malformed_http"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n"], 400, "malformed_http"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"f" * 17 + b"\r\n"],
         400, "malformed_http"),
        ([b"\x16\x03\x01\x02\x00\x01\x00"], 400, "malformed_http"),
        ([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], 400, "malformed_http"),
    ],
)  # fmt: skip
def test_what_is_past_a_limit_or_wrong_is_refused_once(
    pieces: list[bytes], status: int, code: str
) -> None:
    limits = {"target_bytes": 50, "head_bytes": 150, "head_fields": 8, "body_bytes": 64}
    assert refused(*pieces, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", **limits) == (status, code)


def test_limits_hold_for_each_request_and_not_for_all_together() -> None:
    one = b"GET /" + b"a" * 40 + b" HTTP/1.1\r\nHost: h\r\nA: " + b"b" * 90 + b"\r\n\r\n"
    limits = replace(LIMITS, target_bytes=50, head_bytes=150, head_fields=3)
    assert len(found(one * 300, limits=limits)) == 300
    assert len(found(*sliced(one * 100, [*range(0, 10_000, 77)]), limits=limits)) == 100
    assert {item[0] for item in found(one * 300, limits=limits)} == {"GET"}


def test_chunks_of_next_to_nothing_are_refused() -> None:
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    piece = b"1;" + b"e" * 1000 + b"\r\nx\r\n"
    [item] = fed(head, *[piece] * 200).ready
    assert plain(item) == (400, "malformed_http")


def test_trailers_without_end_are_refused() -> None:
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    [item] = fed(head, *[b"A: " + b"b" * 500 + b"\r\n"] * 200).ready
    assert plain(item) == (400, "malformed_http")


def test_a_trailer_is_not_taken_for_a_header() -> None:
    raw = HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Request-Id: b\r\n\r\n"
    [item] = found(raw)
    assert item == ("POST", "/", {"host": "h", "transfer-encoding": "chunked"}, b"x", True)


def test_a_client_that_waits_for_a_100_is_seen_until_its_body_comes() -> None:
    incoming = fed(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert incoming.wants_continue
    incoming.feed(b"a")
    assert not incoming.wants_continue
    incoming.feed(b"b")
    assert [plain(item)[3] for item in incoming.ready] == [b"ab"]


def test_one_that_is_refused_is_not_told_to_go_on() -> None:
    head = b"Expect: 100-continue\r\nContent-Length: 99\r\n\r\n"
    incoming = fed(HEAD + head, limits=replace(LIMITS, body_bytes=9))
    assert not incoming.wants_continue
    incoming = fed(b"POST / HTTP/1.0\r\n" + head)
    assert not incoming.wants_continue  # it could not understand it


def test_the_phase_and_the_count_tell_where_the_client_is() -> None:
    incoming = Incoming(LIMITS)
    assert (incoming.phase, incoming.serial) == (Phase.BETWEEN, 0)
    incoming.feed(b"POST / HT")
    assert (incoming.phase, incoming.serial) == (Phase.HEAD, 1)
    incoming.feed(b"TP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n")
    assert (incoming.phase, incoming.serial) == (Phase.BODY, 1)
    incoming.feed(b"ab")
    assert (incoming.phase, incoming.serial) == (Phase.BETWEEN, 1)
    incoming.feed(b"P")
    assert (incoming.phase, incoming.serial) == (Phase.HEAD, 2)


@pytest.mark.parametrize("size", [0, 1, FROM_BYTES - 1, FROM_BYTES, FROM_BYTES + 1, 1_000_000])
@pytest.mark.parametrize("piece", [1000, 65_536, 2_000_000])
def test_a_large_body_is_in_shared_memory_when_it_is_whole(size: int, piece: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    raw = HEAD + b"Content-Length: %d\r\n\r\n" % size + body[:size]
    with descriptors.none_left():
        incoming = fed(*(raw[at : at + piece] for at in range(0, len(raw), piece)))
        item = incoming.ready[0]
        assert isinstance(item, Request)
        assert isinstance(item.body, Shared) == (size >= FROM_BYTES)
        assert plain(item)[3] == body[:size]
        incoming.close()
        del item, incoming


def test_where_no_descriptor_is_left_a_large_body_is_kept_here() -> None:
    body = b"x" * 200_000
    raw = HEAD + b"Content-Length: 200000\r\n\r\n" + body
    with descriptors.room_for(0):
        [item] = fed(*(raw[at : at + 65_536] for at in range(0, len(raw), 65_536))).ready
    assert isinstance(item, Request)
    assert item.body == body


def test_a_client_that_leaves_leaves_nothing_behind() -> None:
    with descriptors.none_left():
        incoming = fed(HEAD + b"Content-Length: 200000\r\n\r\n", b"x" * 150_000)
        incoming.close()
        incoming.feed(b"more")
        assert not incoming.ready
        del incoming


def test_nothing_is_read_after_a_refusal() -> None:
    incoming = fed(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
    incoming.refuse(Problem("request_timeout", "late"))
    incoming.refuse(Problem("request_timeout", "again"))
    incoming.feed(b"GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
    assert [plain(item)[:2] for item in incoming.ready] == [
        ("GET", "/a"),
        (408, "request_timeout"),
    ]


def test_a_large_body_that_comes_too_slowly_is_refused_and_nothing_else() -> None:
    incoming = fed(HEAD + b"Content-Length: 200000\r\n\r\n", b"x" * 150_000)
    incoming.refuse(Problem("request_timeout", "late"))
    incoming.feed(b"x" * 60_000)
    assert [plain(item)[:2] for item in incoming.ready] == [(408, "request_timeout")]


@given(st.lists(st.integers(0, 400_000), max_size=6))
def test_large_bodies_may_follow_one_another(cuts: list[int]) -> None:
    one = b"GET /small HTTP/1.1\r\nHost: h\r\n\r\n" + HEAD
    one += b"Content-Length: 130000\r\n\r\n" + bytes(range(250)) * 520
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    chunked += b"10000\r\n" + b"c" * 65_536 + b"\r\n" + b"1\r\nd\r\n0\r\n\r\n"
    raw = one + chunked + one
    bodies = [item[3] for item in found(*sliced(raw, [min(cut, len(raw)) for cut in cuts]))]
    large = bytes(range(250)) * 520
    assert bodies == [b"", large, b"c" * 65_536 + b"d", b"", large]


def test_connect_is_a_request_like_any_other() -> None:
    [item] = found(b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n")
    assert item[:2] == ("CONNECT", "h:443")
