"""Both ends of a channel over a real socket pair: the blocking one, and the event loop's."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lading_runtime import shared
from lading_runtime.workers import channel
from lading_runtime.workers.channel import Channel, ClosedError
from lading_runtime.workers.frames import Event, Fork, Message, Ping, Pong, encode
from lading_runtime.workers.link import Link
from tests.unit.runtime.workers import descriptors

LARGE = b"large" * 1_000_000


def file_with(data: bytes) -> shared.Shared:
    body = shared.create()
    body.write(data)
    return body


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    one, other = channel.pair()
    with one, other:
        yield Channel(one), Channel(other)


class Heard:
    """A link, what it heard, and whether it was closed."""

    def __init__(self, end: socket.socket) -> None:
        self.messages: list[Message] = []
        self.closed = 0
        self.changed = asyncio.Event()
        self.link = Link(end, self._hear, self._close)

    def _hear(self, messages: list[Message]) -> None:
        self.messages += messages
        self.changed.set()

    def _close(self) -> None:
        self.closed += 1
        self.changed.set()

    async def until(self, messages: int = 0, closed: int = 0) -> None:
        while len(self.messages) < messages or self.closed < closed:
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 10)


def test_messages_arrive_in_order(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    assert not other.waiting()
    for number in range(100):
        one.send(Event(number, b"x" * number))
    assert other.waiting()
    assert [other.receive() for _ in range(100)] == [Event(n, b"x" * n) for n in range(100)]
    assert not other.waiting()


def test_what_is_received_with_another_counts_as_waiting(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    one.send(Event(1, b""))
    one.send(Event(2, b""))
    other.receive()
    assert other.waiting()
    assert other.receive() == Event(2, b"")


def test_a_message_larger_than_the_socket_holds_arrives(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    sender = threading.Thread(target=one.send, args=(Event(1, LARGE),))
    sender.start()
    assert other.receive() == Event(1, LARGE)
    sender.join()


def test_descriptors_arrive_beside_their_messages_and_none_is_left() -> None:
    with descriptors.none_left():
        one, other = channel.pair()
        with one, other:
            sender, receiver = Channel(one), Channel(other)
            for number in range(3):
                bodies = [file_with(b"%d %d" % (number, place)) for place in range(number)]
                sender.send(Fork(number), [body.fd for body in bodies])
                for body in bodies:
                    body.close()
            for number in range(3):
                assert receiver.receive() == Fork(number)
                for place in range(number):
                    body = receiver.reader.take(3)
                    assert bytes(body.view()) == b"%d %d" % (number, place)
                    assert not os.get_inheritable(body.fd)
                    body.close()


def test_the_other_side_that_is_gone_is_told(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    one.send(Ping())
    other.socket.close()
    with pytest.raises(ClosedError):
        one.receive()
    with pytest.raises(ClosedError):
        one.send(Ping())


def test_what_was_said_before_leaving_is_heard(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    one.send(Event(1, b"last words"))
    one.socket.close()
    assert other.receive() == Event(1, b"last words")
    with pytest.raises(ClosedError):
        other.receive()


def test_bodies_that_cannot_be_taken_end_the_channel_and_are_never_mixed_up(
    ends: tuple[Channel, Channel],
) -> None:
    """The kernel drops descriptors for which there is no room: a later one would seem to be it."""
    one, other = ends
    bodies = [file_with(b"one"), file_with(b"two")]
    one.send(Fork(1), [body.fd for body in bodies])
    with descriptors.room_for(1), pytest.raises(ClosedError):
        other.receive()


def test_a_link_hears_all_in_order_and_descriptors_with_them() -> None:
    async def talk() -> None:
        one, other = channel.pair()
        with other:
            heard, said = Heard(one), Channel(other)
            for number in range(50):
                body = file_with(b"%d" % number)
                said.send(Fork(number), [body.fd])
                body.close()
            await heard.until(messages=50)
            assert heard.messages == [Fork(number) for number in range(50)]
            for number in range(50):
                assert bytes(heard.link.reader.take(len(str(number))).view()) == b"%d" % number
            heard.link.close()
            assert heard.closed == 0

    with descriptors.none_left():
        asyncio.run(talk())


def test_a_link_never_blocks_and_says_when_the_other_side_is_behind() -> None:
    async def talk() -> list[Message]:
        one, other = channel.pair()
        heard = Heard(one)
        with other:
            for number in range(150):
                heard.link.send(Event(number, b"x" * 50_000))
            assert heard.link.behind
            receiver = Channel(other)
            arrived = await asyncio.to_thread(lambda: [receiver.receive() for _ in range(150)])
            receiver.send(Pong())
            await heard.until(messages=1)
            assert not heard.link.behind
            heard.link.close()
            return arrived

    with descriptors.none_left():
        arrived = asyncio.run(talk())
    assert arrived == [Event(number, b"x" * 50_000) for number in range(150)]


def test_descriptors_wait_with_their_message_and_may_be_closed_at_once() -> None:
    async def talk() -> None:
        one, other = channel.pair()
        heard = Heard(one)
        with other:
            heard.link.send(Event(0, LARGE))  # the socket is full from here on
            for number in range(1, 30):
                body = file_with(b"%d" % number)
                heard.link.send(Fork(number), [body.fd])
                body.close()
            receiver = Channel(other)
            arrived = await asyncio.to_thread(lambda: [receiver.receive() for _ in range(30)])
            assert arrived == [Event(0, LARGE), *(Fork(number) for number in range(1, 30))]
            for number in range(1, 30):
                assert bytes(receiver.reader.take(len(str(number))).view()) == b"%d" % number
            heard.link.close()

    with descriptors.none_left():
        asyncio.run(talk())


def test_descriptors_that_were_never_sent_are_closed_with_the_link() -> None:
    async def talk() -> None:
        one, other = channel.pair()
        heard = Heard(one)
        with other:
            heard.link.send(Event(0, LARGE))
            for number in range(30):
                with_body = file_with(b"never read")
                heard.link.send(Fork(number), [with_body.fd])
                with_body.close()
            heard.link.close()
            heard.link.send(Ping())  # harmless

    with descriptors.none_left():
        asyncio.run(talk())


def test_a_link_tells_once_that_the_other_side_is_gone() -> None:
    async def talk() -> Heard:
        one, other = channel.pair()
        heard = Heard(one)
        other.close()
        heard.link.send(Ping())
        heard.link.send(Ping())
        await heard.until(closed=1)
        await asyncio.sleep(0)
        heard.link.send(Ping())
        return heard

    with descriptors.none_left():
        assert asyncio.run(talk()).closed == 1


def test_a_link_hears_the_last_words_though_it_could_not_say_its_own() -> None:
    async def talk() -> Heard:
        one, other = channel.pair()
        heard = Heard(one)
        Channel(other).send(Event(1, b"last words"))
        other.close()
        heard.link.send(Ping())
        await heard.until(closed=1)
        return heard

    heard = asyncio.run(talk())
    assert (heard.messages, heard.closed) == ([Event(1, b"last words")], 1)


def test_a_link_that_lost_a_body_is_over() -> None:
    async def talk() -> Heard:
        one, other = channel.pair()
        heard = Heard(one)
        bodies = [file_with(b"one"), file_with(b"two")]
        with other:
            Channel(other).send(Fork(1), [body.fd for body in bodies])
            with descriptors.room_for(1):
                await heard.until(closed=1)
        return heard

    heard = asyncio.run(talk())
    assert (heard.messages, heard.closed) == ([], 1)


def test_a_body_whose_message_never_came_whole_is_closed_with_the_link() -> None:
    async def talk() -> Heard:
        one, other = channel.pair()
        heard = Heard(one)
        with other, file_with_descriptor() as body:
            socket.send_fds(other, [encode(Event(1, LARGE))[:100]], [body])
        await heard.until(closed=1)
        return heard

    with descriptors.none_left():
        assert asyncio.run(talk()).messages == []


@contextmanager
def file_with_descriptor() -> Iterator[int]:
    body = file_with(b"body")
    yield body.fd
    body.close()
