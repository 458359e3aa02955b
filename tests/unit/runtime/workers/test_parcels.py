"""Which bodies travel beside their frame, and that they arrive as they went."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from lading_runtime import shared
from lading_runtime.call import Answer, Call, Operation
from lading_runtime.workers import channel
from lading_runtime.workers.channel import Channel
from lading_runtime.workers.frames import Replies, Work
from lading_runtime.workers.parcels import MOST, Parcels, opened
from tests.unit.runtime.workers import descriptors


def sent(bodies: list[bytes | memoryview]) -> tuple[Replies, list[bytes]]:
    """What arrives of answers with these bodies: the message, and the bodies in order."""
    one, other = channel.pair()
    with one, other:
        sender, receiver = Channel(one), Channel(other)
        parcels = Parcels()
        replies = [parcels.pack(number, Answer(body)) for number, body in enumerate(bodies)]
        with ThreadPoolExecutor(1) as pool:  # the socket may hold less than the frame
            sending = pool.submit(parcels.send, sender, Replies(replies, len(replies), 0.0))
            message = receiver.receive()
            sending.result()
        assert isinstance(message, Replies)
        found = []
        for reply in message.replies:
            if reply.shared:
                assert reply.body == b""
                body = receiver.reader.take(reply.shared)
                found.append(bytes(body.view()))
                body.close()
            else:
                found.append(reply.body)
        return message, found


def test_large_bodies_travel_beside_and_small_ones_inside() -> None:
    sizes = [0, 1, shared.FROM_BYTES - 1, shared.FROM_BYTES, shared.FROM_BYTES + 1, 3_000_000]
    bodies: list[bytes | memoryview] = [bytes([size % 251]) * size for size in sizes]
    with descriptors.none_left():
        message, found = sent(bodies)
    assert found == bodies
    assert [bool(reply.shared) for reply in message.replies] == [False] * 3 + [True] * 3


@pytest.mark.parametrize("kind", ["B", "d"])
def test_a_view_of_any_kind_travels_as_its_bytes(kind: str) -> None:
    body = memoryview(bytes(range(256)) * 1000).cast(kind)
    assert sent([body])[1] == [body.tobytes()]


def test_more_than_fit_beside_one_frame_arrive_all_the_same() -> None:
    size = shared.FROM_BYTES
    bodies: list[bytes | memoryview] = [bytes([number]) * size for number in range(MOST + 5)]
    with descriptors.none_left():
        message, found = sent(bodies)
    assert found == bodies
    assert sum(bool(reply.shared) for reply in message.replies) == MOST


def test_a_call_is_given_its_body_as_memory_of_its_own() -> None:
    with descriptors.none_left():
        one, other = channel.pair()
        with one, other:
            sender, receiver = Channel(one), Channel(other)
            body = shared.create()
            body.write(b"x" * 100_000)
            calls = [
                Call(1, Operation.PREDICT, "a", 0.0, {}, memoryview(b""), 100_000),
                Call(2, Operation.PREDICT, "b", 0.0, {}, memoryview(b"inside")),
            ]
            sender.send(Work(calls), [body.fd])
            message = receiver.receive()
            assert isinstance(message, Work)
            beside, inside = opened(message, receiver.reader)
            assert (bytes(beside.body), bytes(inside.body)) == (b"x" * 100_000, b"inside")
            beside.body[:3] = b"own"
            assert bytes(body.view()[:3]) == b"xxx"
            del beside, inside, calls, message
            body.close()
