"""HTTP/1.1 itself, and where it ends."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.contracts.runtime.serving import Server, serve


def test_a_body_past_the_limit_is_refused_before_it_is_read(reader: Server) -> None:
    head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Length: 100001\r\n\r\n"
    assert reader.exchange(head).startswith(b"HTTP/1.1 413 Content Too Large\r\n")
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert reader.exchange(head + chunk * 4).startswith(b"HTTP/1.1 413 Content Too Large\r\n")


@pytest.mark.parametrize(
    ("raw", "first_line"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n", b"HTTP/1.1 414 URI Too Long"),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 50000, b"HTTP/1.1 431 Request Header Fields Too Large"),
        (
            b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 102,
            b"HTTP/1.1 431 Request Header Fields Too Large",
        ),
        (b"nonsense\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"\x16\x03\x01\x02\x00", b"HTTP/1.1 400 Bad Request"),
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", b"HTTP/1.1 505 HTTP Version Not Supported"),
        (
            b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            b"HTTP/1.1 501 Not Implemented",
        ),
        (b"GET / HTTP/1.1\r\nHost: h\r\nExpect: magic\r\n\r\n", b"HTTP/1.1 417 Expectation Failed"),
        (
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
            b"HTTP/1.1 400 Bad Request",
        ),
    ],
)
def test_what_is_not_proper_http_is_answered_and_closed(
    reader: Server, raw: bytes, first_line: bytes
) -> None:
    answer = reader.exchange(raw)
    assert answer.split(b"\r\n")[0] == first_line
    assert b"connection: close" in answer
    assert b"application/problem+json" in answer


def test_pipelined_requests_are_answered_in_order(reader: Server) -> None:
    one = b"GET /handlers/%s HTTP/1.1\r\nHost: h\r\nX-Request-Id: %d\r\n\r\n"
    raw = b"".join(one % (b"healthz" if n % 2 else b"predict", n) for n in range(500))
    answer = reader.exchange(raw + b"broken\r\n\r\n")
    assert re.findall(rb"x-request-id: (\d+)\r\n", answer) == [b"%d" % n for n in range(500)]
    assert answer.count(b"HTTP/1.1 400 Bad Request") == 1
    assert answer.rindex(b"HTTP/1.1 ") == answer.index(b"HTTP/1.1 400")


def test_a_client_that_waits_for_100_gets_it(reader: Server) -> None:
    with reader.connect() as connection:
        connection.sendall(
            b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
            b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n"
        )
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 422 ")


def test_an_upgrade_is_ignored_and_the_body_read(reader: Server) -> None:
    answer = reader.exchange(
        b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Content-Length: 3\r\n\r\n[1]GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    )
    assert b"expected an object of the arguments, came array" in answer
    assert answer.endswith(b'{"status":"alive"}')


def test_http_1_0_is_answered_and_closed(reader: Server) -> None:
    answer = reader.exchange(b"GET /healthz HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close\r\n" in answer


def test_slow_senders_are_cut_off(tmp_path: Path) -> None:
    with serve(tmp_path, "square", HEADER_TIMEOUT="0.3", BODY_TIMEOUT="0.3") as server:
        for part, raw in (
            ("headers", b"GET / HT"),
            ("body", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1"),
        ):
            started = time.monotonic()
            answer = server.exchange(raw)
            assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            assert f"the request's {part} did not arrive in time".encode() in answer
            assert time.monotonic() - started < 5
