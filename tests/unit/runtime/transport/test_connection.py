"""One client's connection over a real socket, with an answerer that answers when it is told to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from lading_runtime import loops
from lading_runtime.configuration import Limits
from lading_runtime.exchange import Exchange, Request, Response
from lading_runtime.problem import MEDIA_TYPE, Problem
from lading_runtime.shared import Shared
from lading_runtime.transport.connection import Common, Connection

LIMITS = Limits()
GET = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%b"


@dataclass
class Asked:
    """A request under way, and what the transport told of it."""

    request: Request
    exchange: Exchange
    abandoned: int = 0
    resumed: int = 0

    def abandon(self) -> None:
        self.abandoned += 1

    def resume(self) -> None:
        self.resumed += 1

    def answer(self, body: bytes | memoryview = b"here", **more: Any) -> None:
        self.exchange.answer(Response(200, body, "id", "text/plain", **more))

    def begin(self) -> None:
        self.exchange.begin(Response(200, b"", "id", "text/event-stream"))


@dataclass
class Desk:
    """Answers what is asked for under `/now` at once, and everything else never by itself."""

    asked: list[Asked] = field(default_factory=list)

    def handle(self, request: Request, exchange: Exchange) -> Asked | None:
        one = Asked(request, exchange)
        self.asked.append(one)
        if request.target.startswith("/now"):
            one.answer(request.target.encode())
            return None
        return one

    def refusal(self, problem: Problem) -> Response:
        return Response(problem.status, problem.encode("id"), "id", MEDIA_TYPE, problem.headers)


@dataclass
class Talk:
    """A client that reads and writes by itself, and the server's side of it."""

    desk: Desk
    connection: Connection
    client: socket.socket
    common: Common

    async def say(self, raw: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.client, raw)

    async def hear(self, ending: bytes = b"") -> bytes:
        """Up to these bytes, or to the end."""
        heard = bytearray()
        while not (ending and heard.endswith(ending)):
            reading = asyncio.get_running_loop().sock_recv(self.client, 1 << 20)
            piece = await asyncio.wait_for(reading, 10)
            if not piece:
                assert not ending, bytes(heard)
                break
            heard += piece
        return bytes(heard)

    async def asked(self, number: int) -> Asked:
        await until(lambda: len(self.desk.asked) > number)
        return self.desk.asked[number]


async def until(happened: Callable[[], object]) -> None:
    deadline = asyncio.get_running_loop().time() + 10
    while not happened():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.001)


@asynccontextmanager
async def talking(limits: Limits = LIMITS) -> AsyncIterator[Talk]:
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    desk, common = Desk(), Common()
    _, connection = await loop.connect_accepted_socket(
        lambda: Connection(desk, limits, common), ours
    )
    with theirs:
        yield Talk(desk, connection, theirs, common)
        connection.abort()
        await until(lambda: not common.connections)


Story = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture(params=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest) -> Callable[[Awaitable[None]], None]:
    """Runs a story in one of the two event loops."""

    def run(story: Awaitable[None]) -> None:
        loop = loops.new() if request.param == "uvloop" else asyncio.new_event_loop()
        try:
            loop.run_until_complete(story)
        finally:
            loop.close()

    return run


def test_an_answer_has_its_head_and_the_next_request_is_read(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            for number in range(3):
                await talk.say(GET % number)
                (await talk.asked(number)).answer(b"body", headers={"x-more": "1"})
                head, _, body = (await talk.hear(b"body")).partition(b"\r\n\r\n")
                lines = head.split(b"\r\n")
                assert (lines[0], body) == (b"HTTP/1.1 200 OK", b"body")
                assert lines[1].startswith(b"date: ")
                assert lines[2:] == [
                    b"content-type: text/plain", b"content-length: 4", b"x-request-id: id",
                    b"x-more: 1",
                ]  # fmt: skip

    run(story())


def test_pipelined_requests_are_asked_one_after_another_and_answered_in_order(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            await talk.say(GET % 0 + GET % 1 + GET.replace(b"%d", b"now") + GET % 2)
            (await talk.asked(0)).answer(b"zero")
            assert [one.request.target for one in talk.desk.asked] == ["/0", "/1"]
            talk.desk.asked[1].answer(b"one")
            assert [one.request.target for one in talk.desk.asked][2:] == ["/now", "/2"]
            talk.desk.asked[3].answer(b"two.")
            heard = await talk.hear(b"two.")
            bodies = [part.partition(b"\r\n\r\n")[2] for part in heard.split(b"HTTP/1.1 ")][1:]
            assert bodies == [b"zero", b"one", b"/now", b"two."]

    run(story())


def test_thousands_that_are_answered_at_once_need_no_depth(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            sending = asyncio.ensure_future(talk.say(GET.replace(b"%d", b"now") * 5000 + GET % 0))
            last = asyncio.ensure_future(talk.asked(5000))
            heard = b""
            while not last.done():
                heard += await talk.hear(b"/now")
                await asyncio.sleep(0)
            last.result().answer(b"end.")
            heard += await talk.hear(b"end.")
            await sending
            assert heard.count(b"HTTP/1.1 200 OK") == 5001

    run(story())


def test_one_who_sends_more_than_is_answered_is_not_read(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            await talk.say(GET % 0 + GET % 1)
            await talk.asked(0)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(talk.say(GET % 2 * 1_000_000), 0.3)

    run(story())


@pytest.mark.parametrize(
    ("version", "connection", "kept", "said"),
    [
        (b"1.1", b"", True, b""),
        (b"1.1", b"Connection: close\r\n", False, b"connection: close\r\n"),
        (b"1.0", b"", False, b"connection: close\r\n"),
        (b"1.0", b"Connection: keep-alive\r\n", True, b"connection: keep-alive\r\n"),
    ],
)
def test_a_connection_is_kept_where_both_want_it(
    run: Any, version: bytes, connection: bytes, kept: bool, said: bytes
) -> None:
    async def story() -> None:
        async with talking() as talk:
            raw = b"GET /now HTTP/" + version + b"\r\nHost: h\r\n" + connection + b"\r\n"
            await talk.say(raw)
            heard = await talk.hear(b"/now")
            assert heard.count(b"connection: ") == bool(said)
            assert said in heard
            if kept:
                await talk.say(raw)
                assert await talk.hear(b"/now")
            else:
                assert await talk.hear() == b""

    run(story())


def test_the_answer_to_head_has_no_body(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            await talk.say(GET.replace(b"GET", b"HEAD") % 0 + GET % 1)
            (await talk.asked(0)).answer(b"12345")
            (await talk.asked(1)).answer(b"end")
            heard = await talk.hear(b"end")
            assert b"content-length: 5\r\n" in heard
            assert b"12345" not in heard

    run(story())


def test_a_stream_is_sent_in_chunks_and_the_connection_kept(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            await talk.say(GET % 0)
            one = await talk.asked(0)
            one.begin()
            head = await talk.hear(b"\r\n\r\n")
            assert b"transfer-encoding: chunked\r\n" in head
            assert b"content-length" not in head
            for piece in (b"a", b"x" * 300):
                assert one.exchange.send(piece)
                assert await talk.hear(b"\r\n") == b"%x\r\n%b\r\n" % (len(piece), piece)
            one.exchange.end()
            assert await talk.hear(b"\r\n\r\n") == b"0\r\n\r\n"
            await talk.say(GET.replace(b"%d", b"now"))
            assert await talk.hear(b"/now")

    run(story())


@pytest.mark.parametrize("more", [b"", b"GET /now HTTP/1.0\r\n\r\n"])
@pytest.mark.parametrize("connection", [b"", b"Connection: keep-alive\r\n"])
def test_a_stream_over_http_1_0_ends_with_the_connection(
    run: Any, connection: bytes, more: bytes
) -> None:
    async def story() -> None:
        async with talking() as talk:
            await talk.say(b"GET / HTTP/1.0\r\n" + connection + b"\r\n" + more)
            one = await talk.asked(0)
            one.begin()
            head = await talk.hear(b"\r\n\r\n")
            assert b"connection: close\r\n" in head
            assert b"keep-alive" not in head
            assert b"transfer-encoding" not in head
            one.exchange.send(b"raw")
            one.exchange.send(b" pieces")
            one.exchange.end()
            assert await talk.hear() == b"raw pieces"
            assert len(talk.desk.asked) == 1

    run(story())


def test_a_slow_reader_is_told_of_and_resumed_and_loses_nothing(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            await talk.say(b"GET /stream HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            one = await talk.asked(0)
            one.begin()
            sent = 0
            while one.exchange.send(b"\x01" * 65_536):
                sent += 1
                assert sent < 1000
            assert one.resumed == 0
            reading = asyncio.ensure_future(talk.hear())
            await until(lambda: one.resumed)
            one.exchange.end()
            assert (await reading).count(b"\x01") == (sent + 1) * 65_536

    run(story())


def test_a_large_answer_is_sent_whole_to_one_who_reads_late(run: Any) -> None:
    async def story() -> None:
        body = memoryview(bytearray(b"0123456789" * 400_000))
        async with talking() as talk:
            await talk.say(GET % 0 + GET.replace(b"%d", b"now"))
            (await talk.asked(0)).answer(body)
            assert len(talk.desk.asked) == 1  # nothing more for one who does not read
            heard = await talk.hear(b"/now")
            assert bytes(body) in heard
            (await talk.asked(1))

    run(story())


def test_a_small_answer_never_overtakes_a_large_one(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            for number in range(20):
                await talk.say(GET % number)
                one = await talk.asked(number)
                size = 200_000 if number % 2 else 3
                reading = asyncio.ensure_future(talk.hear(b"\r\n%d" % number + b"y" * size))
                one.answer(b"\r\n%d" % number + b"y" * size)
                await reading

    run(story())


def test_a_client_that_goes_away_is_told_of_once(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            await talk.say(GET % 0)
            one = await talk.asked(0)
            talk.client.close()
            await until(lambda: one.abandoned)
            one.answer()  # harmless
            one.begin()
            one.exchange.send(b"x")
            one.exchange.end()
            assert (one.abandoned, len(talk.desk.asked)) == (1, 1)

    run(story())


def test_one_who_waits_for_a_100_gets_it_when_its_turn_comes(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            expecting = b"POST /1 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
            await talk.say(GET % 0 + expecting + b"Content-Length: 2\r\n\r\n")
            (await talk.asked(0)).answer(b"first")
            heard = await talk.hear(b"100 Continue\r\n\r\n")
            assert b"first" in heard
            await talk.say(b"ab")
            two = await talk.asked(1)
            assert two.request.body == b"ab"

    run(story())


def test_a_refusal_comes_after_what_was_asked_before_and_closes(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            await talk.say(GET % 0 + b"nonsense\r\n\r\n" + GET % 1)
            (await talk.asked(0)).answer(b"first")
            heard = await talk.hear()
            assert heard.index(b"first") < heard.index(b"HTTP/1.1 400 Bad Request\r\n")
            assert b"connection: close\r\n" in heard
            assert len(talk.desk.asked) == 1
            await talk.say(b"x" * 100_000)  # still read, so that nothing is reset

    run(story())


def late(talk: Talk, seconds: float) -> None:
    """As if so much time had passed: the sweep tells the connection what time it is."""
    now = asyncio.get_running_loop().time()
    talk.connection.expire(now)
    talk.connection.expire(now + seconds)


@pytest.mark.parametrize(
    ("raw", "limit", "part"),
    [(b"GET / HT", "head_seconds", b"headers"), (POST % (9, b"1"), "body_seconds", b"body")],
)
def test_one_who_sends_too_slowly_is_told(run: Any, raw: bytes, limit: str, part: bytes) -> None:
    async def story() -> None:
        limits = replace(LIMITS, **{"head_seconds": 1e3, "body_seconds": 1e3, limit: 5.0})
        async with talking(limits) as talk:
            await talk.say(raw)
            await until(lambda: talk.connection.busy)
            late(talk, 4.9)
            assert talk.connection.busy
            late(talk, 5.1)
            heard = await talk.hear()
            assert heard.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            assert b"the request's %b did not arrive in time" % part in heard
            late(talk, 2.1)  # one who does not close then is cut off
            await until(lambda: not talk.common.connections)

    run(story())


def test_one_who_sends_a_byte_now_and_then_is_too_slow_as_well(run: Any) -> None:
    async def story() -> None:
        async with talking(replace(LIMITS, head_seconds=5.0)) as talk:
            now = asyncio.get_running_loop().time()
            for second, byte in enumerate(b"GET / H"):
                await talk.say(bytes([byte]))
                await until(lambda: talk.connection.busy)
                talk.connection.expire(now + second)
            heard = await talk.hear()
            assert heard.startswith(b"HTTP/1.1 408 Request Timeout\r\n")

    run(story())


def test_one_who_waits_for_its_answer_is_never_late(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            await talk.say(GET % 0)
            one = await talk.asked(0)
            late(talk, 1e9)
            one.answer(b"at last")
            assert await talk.hear(b"at last")

    run(story())


def test_an_idle_connection_is_closed_in_the_end(run: Any) -> None:
    async def story() -> None:
        async with talking(replace(LIMITS, idle_seconds=7.0)) as talk:
            late(talk, 6.9)
            await talk.say(GET.replace(b"%d", b"now"))
            assert await talk.hear(b"/now")
            late(talk, 7.1)
            assert await talk.hear() == b""

    run(story())


def test_one_who_does_not_read_is_cut_off(run: Any) -> None:
    async def story() -> None:
        async with talking(replace(LIMITS, body_seconds=5.0)) as talk:
            await talk.say(GET % 0)
            (await talk.asked(0)).answer(b"x" * 10_000_000)
            late(talk, 4.9)
            assert talk.common.connections
            late(talk, 5.1)
            await until(lambda: not talk.common.connections)

    run(story())


def test_a_drained_connection_answers_what_came_and_says_that_it_closes(run: Any) -> None:
    async def story() -> None:
        async with talking() as talk:
            await talk.say(GET % 0 + GET % 1)
            one = await talk.asked(0)
            talk.connection.drain()
            talk.connection.close_if_idle()  # it is not
            one.answer(b"first")
            (await talk.asked(1)).answer(b"second")
            heard = await talk.hear()
            assert (
                heard.index(b"first") < heard.index(b"connection: close") < heard.index(b"second")
            )
            assert heard.count(b"connection: close") == 1

    run(story())


def test_a_large_body_arrives_whole(run: Any) -> None:
    async def story() -> None:
        body = bytes(range(256)) * 8000
        async with talking() as talk:
            for number in range(2):
                await talk.say(POST % (len(body), body))
                one = await talk.asked(number)
                assert isinstance(one.request.body, Shared)
                assert bytes(one.request.body.view()) == body
                one.answer(b"taken")
                assert await talk.hear(b"taken")

    run(story())
