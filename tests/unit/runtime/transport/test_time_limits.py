"""Clients that take too long over anything, on a clock that is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.runtime.transport.talking import GET, LIMITS, POST, Talk, talking, until


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


def test_one_who_reads_slowly_is_given_the_time(run: Any) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        async with talking(replace(LIMITS, body_seconds=5.0)) as talk:
            await talk.say(GET % 0)
            (await talk.asked(0)).answer(b"x" * 3_000_000)
            heard = 0
            for _ in range(8):
                talk.connection.expire(loop.time() + heard)
                for _ in range(10):
                    heard += len(await loop.sock_recv(talk.client, 30_000))
                    await asyncio.sleep(0)
            assert heard > 1_000_000
            assert talk.common.connections

    run(story())


@pytest.mark.parametrize(
    "more",
    [
        GET % 1 + b"GET /2 HT",
        b"POST /1 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
    ],
)
def test_one_whose_turn_it_is_not_is_not_late(run: Any, more: bytes) -> None:
    async def story() -> None:
        async with talking() as talk:
            await talk.say(GET % 0 + more)
            one = await talk.asked(0)
            late(talk, 1e9)
            one.answer(b"first")
            if b"Expect" in more:
                assert b"first" in await talk.hear(b"100 Continue\r\n\r\n")
                await talk.say(b"x")
            (await talk.asked(1)).answer(b"second")
            assert await talk.hear(b"\r\n\r\nsecond")
            late(talk, 1e4)  # from now on the rest is for the client to send
            if b"Expect" not in more:
                assert (await talk.hear()).startswith(b"HTTP/1.1 408")

    run(story())
