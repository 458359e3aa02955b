"""One client's connection: answers in order, kept or closed as both want it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lading_runtime.shared import Shared
from tests.unit.runtime.transport.talking import GET, POST, talking, until


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
