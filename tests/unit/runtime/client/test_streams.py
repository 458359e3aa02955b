"""Values that come one by one, to a thread and to a coroutine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lading_runtime import client, service
from tests.unit.runtime.client.scripted import Request, answer, scripted

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
PROBLEM = b'{"status":500,"code":"internal_error","detail":"it broke","request_id":"r-9"}'


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def plain(gateway: str, into: list[Any]) -> None:
    for value in service("writer", gateway=gateway).stream(prompt="x"):
        into.append(value)


def as_coroutine(gateway: str, into: list[Any]) -> None:
    async def read() -> None:
        async for value in service("writer", gateway=gateway).stream_async(prompt="x"):
            into.append(value)

    asyncio.run(read())


@pytest.fixture(params=[plain, as_coroutine])
def read(request: pytest.FixtureRequest) -> Callable[[str, list[Any]], None]:
    reading: Callable[[str, list[Any]], None] = request.param
    return reading


def test_values_come_in_order_and_the_connection_is_kept(read: Any) -> None:
    pieces = chunk(b"data: 1\n\nda") + chunk(b'ta: {"a": 2}\n\n') + chunk(b"data: 3\n\n")
    into: list[Any] = []
    with scripted(lambda _: HEAD + pieces + b"0\r\n\r\n") as server:
        read(server.gateway, into)
        read(server.gateway, into)
        assert into == [1, {"a": 2}, 3] * 2
        assert len(server.connections) == 1
    assert server.requests[0].headers["accept"] == "text/event-stream, */*;q=0.5"


def test_an_error_within_comes_after_the_values_before_it(read: Any) -> None:
    events = b"data: 1\n\ndata: 2\n\nevent: error\ndata: " + PROBLEM + b"\n\n"
    into: list[Any] = []
    with (
        scripted(lambda _: HEAD + chunk(events) + b"0\r\n\r\n") as server,
        pytest.raises(client.InternalError, match="500 internal_error: it broke") as raised,
    ):
        read(server.gateway, into)
    assert (into, raised.value.request_id) == ([1, 2], "r-9")


def test_a_stream_cut_short_is_a_lost_connection(read: Any) -> None:
    def script(_: Request) -> bytes:
        server.connections[0].sendall(HEAD + chunk(b"data: 1\n\n"))
        return b""

    into: list[Any] = []
    with scripted(script) as server, pytest.raises(client.ConnectionLost):
        read(server.gateway, into)
    assert into == [1]


def test_a_refusal_is_an_error_and_a_whole_answer_one_value(read: Any) -> None:
    into: list[Any] = []
    with scripted(lambda _: answer(b"[1, 2]")) as server:
        read(server.gateway, into)
    assert into == [[1, 2]]
    with scripted(lambda _: answer(b"{}", 404)) as server, pytest.raises(client.NotFound):
        read(server.gateway, into)


def test_a_value_is_given_before_the_next_is_there() -> None:
    taken = threading.Event()

    def script(_: Request) -> bytes:
        server.connections[0].sendall(HEAD + chunk(b"data: 1\n\n"))
        assert taken.wait(5)
        return chunk(b"data: 2\n\n") + b"0\r\n\r\n"

    with scripted(script) as server:
        values = service("writer", gateway=server.gateway).stream()
        assert next(values) == 1
        taken.set()
        assert list(values) == [2]


def test_the_time_is_that_of_each_wait() -> None:
    def script(_: Request) -> bytes:
        server.connections[0].sendall(HEAD + chunk(b"data: 1\n\n"))
        return server.connections[0].recv(1)

    with scripted(script) as server:
        values = service("writer", gateway=server.gateway, timeout=0.1).stream()
        assert next(values) == 1
        with pytest.raises(client.DeadlineExceeded):
            next(values)


def test_who_leaves_the_loop_hangs_up() -> None:
    hung_up = threading.Event()

    def script(_: Request) -> bytes:
        server.connections[0].sendall(HEAD + chunk(b"data: 1\n\n"))
        if server.connections[0].recv(1) == b"":
            hung_up.set()
        return b""

    with scripted(script) as server:
        values = service("writer", gateway=server.gateway).stream()
        assert isinstance(values, Iterator)
        assert next(values) == 1
        values.close()  # type: ignore[attr-defined]
        assert hung_up.wait(5)
