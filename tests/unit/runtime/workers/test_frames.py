"""Frames, however the bytes are cut on their way."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading_runtime.call import Answer, Call, Operation
from lading_runtime.workers.frames import (
    PREFIX_BYTES,
    Cancel,
    Documents,
    End,
    Ended,
    Event,
    Failed,
    Fork,
    Forked,
    Loaded,
    Message,
    Pause,
    Ping,
    Pong,
    Reader,
    Replies,
    Reply,
    Resume,
    Work,
    encode,
    reply,
)

IDS = st.integers(0, 2**63)
TEXTS = st.text(max_size=20)
BYTES = st.binary(max_size=300)
HEADERS = st.dictionaries(TEXTS, TEXTS, max_size=3)
CALLS = st.builds(
    Call, IDS, st.sampled_from(Operation), TEXTS, st.floats(0, 1e9), HEADERS,
    BYTES.map(memoryview), st.just(0),
)  # fmt: skip
REPLIES = st.builds(Reply, IDS, BYTES, TEXTS, st.integers(100, 599), TEXTS, HEADERS)
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(Work, st.lists(CALLS, max_size=4)),
    st.builds(Replies, st.lists(REPLIES, max_size=4), st.integers(0, 64), st.floats(0, 1e6)),
    *(st.builds(kind, IDS) for kind in (Cancel, Pause, Resume, Fork)),
    st.builds(Ping),
    st.builds(Pong),
    st.builds(Event, IDS, BYTES),
    st.builds(End, IDS, BYTES, TEXTS),
    st.builds(Loaded, st.floats(0, 1e6), st.booleans(), st.booleans()),
    st.builds(Failed, TEXTS),
    st.builds(Documents, BYTES, BYTES),
    st.builds(Forked, IDS, IDS),
    st.builds(Ended, IDS, st.integers(-64, 255)),
)


@given(st.lists(MESSAGES, max_size=12), st.data())
def test_messages_arrive_whole_and_in_order(messages: list[Message], data: st.DataObject) -> None:
    raw = b"".join(bytes(encode(message)) for message in messages)
    cuts = data.draw(st.lists(st.integers(0, len(raw)), max_size=10).map(sorted))
    reader = Reader()
    arrived: list[Message] = []
    for begin, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        if raw[begin:end]:
            arrived += reader.feed(raw[begin:end], [])
    assert arrived == messages


@given(st.lists(MESSAGES, min_size=1, max_size=3))
def test_messages_arrive_byte_by_byte(messages: list[Message]) -> None:
    reader = Reader()
    raw = b"".join(bytes(encode(message)) for message in messages)
    arrived = [one for byte in raw for one in reader.feed(bytes([byte]), [])]
    assert arrived == messages


def test_a_large_message_in_many_pieces_is_put_together_once() -> None:
    """Each piece is looked at once: what takes linear time takes no time for 4 MB."""
    raw = bytes(encode(Event(1, b"x" * 4_000_000)))
    reader = Reader()
    pieces = [raw[at : at + 100] for at in range(0, len(raw), 100)]
    for piece in pieces[:-1]:
        assert reader.feed(piece, []) == []
    assert len(reader._pieces) == len(pieces) - 1
    assert reader.feed(pieces[-1], []) == [Event(1, b"x" * 4_000_000)]


def test_a_frame_is_a_length_and_messagepack() -> None:
    frame = encode(Event(7, b"data"))
    assert int.from_bytes(frame[:PREFIX_BYTES], "little") == len(frame) - PREFIX_BYTES
    assert msgspec.msgpack.decode(frame[PREFIX_BYTES:]) == [11, 7, b"data"]


@pytest.mark.parametrize("body", [b"bytes", memoryview(b"a view")])
def test_an_answer_travels_under_the_number_of_its_call(body: bytes) -> None:
    answer = Answer(body, "text/plain", 418, "code", {"a": "b"})
    [message] = Reader().feed(bytes(encode(Replies([reply(5, answer)], 1, 0.5))), [])
    assert isinstance(message, Replies)
    assert message.replies == [Reply(5, bytes(body), "text/plain", 418, "code", {"a": "b"})]
