"""Streams and large answers, to those who read at once and to those who do not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.runtime.transport.talking import GET, talking, until


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
