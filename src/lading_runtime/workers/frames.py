"""What is said between the front, the nursery and the workers: values, and their bytes.

A frame is a length of four bytes, little-endian, and a MessagePack array that begins with the
message's tag. A body over `shared.FROM_BYTES` travels beside its frame as a file descriptor, in
the order of the bodies.
"""

from __future__ import annotations

import os
from collections import deque
from typing import Any, Union

import msgspec

from ..call import Answer, Call
from ..shared import Shared

PREFIX_BYTES = 4


class Work(msgspec.Struct, array_like=True, tag=0):
    """To a worker: requests to answer, in this order or as one batch."""

    calls: list[Call]


class Cancel(msgspec.Struct, array_like=True, tag=1):
    """To a worker: nobody waits for this answer any more."""

    id: int


class Pause(msgspec.Struct, array_like=True, tag=2):
    """To a worker: the reader of this stream is slow."""

    id: int


class Resume(msgspec.Struct, array_like=True, tag=3):
    id: int


class Ping(msgspec.Struct, array_like=True, tag=4):
    """To a worker, which answers with Pong: alive, and not stuck."""


class Reply(msgspec.Struct, array_like=True):
    """A whole answer. `shared` is the size of a body that travels beside."""

    id: int
    body: bytes
    media_type: str
    status: int
    code: str
    headers: dict[str, str]
    shared: int = 0


class Replies(msgspec.Struct, array_like=True, tag=10):
    """From a worker. `seconds` is how long the handler took, for a batch of `size`.

    `size` is 0 where it was not called.
    """

    replies: list[Reply]
    size: int
    seconds: float


class Event(msgspec.Struct, array_like=True, tag=11):
    """From a worker: one item of a stream, encoded."""

    id: int
    data: bytes


class End(msgspec.Struct, array_like=True, tag=12):
    """From a worker: a stream is over; `problem` is a document when it failed."""

    id: int
    problem: bytes
    code: str


class Pong(msgspec.Struct, array_like=True, tag=13):
    pass


class Loaded(msgspec.Struct, array_like=True, tag=14):
    """From a worker, once: what it can do."""

    seconds: float
    batches: bool
    asynchronous: bool


class Failed(msgspec.Struct, array_like=True, tag=15):
    """From a worker, once: the handler cannot be loaded."""

    reason: str


class Documents(msgspec.Struct, array_like=True, tag=16):
    """From a worker, before Loaded: the OpenAPI document, the model's metadata."""

    openapi: bytes
    metadata: bytes


class Fork(msgspec.Struct, array_like=True, tag=20):
    """To the nursery, with the worker's end of its channel beside."""

    key: int


class Forked(msgspec.Struct, array_like=True, tag=21):
    key: int
    pid: int


class Ended(msgspec.Struct, array_like=True, tag=22):
    """From the nursery. `status` is an exit code, or minus the signal's number."""

    key: int
    status: int


Message = Union[
    Work, Cancel, Pause, Resume, Ping, Replies, Event, End, Pong, Loaded, Failed, Documents,
    Fork, Forked, Ended,
]  # fmt: skip


def _converted(kind: type, value: Any) -> Any:
    """For msgspec before 0.19, which knows no memoryview."""
    return kind(value)


_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message, dec_hook=_converted)


def encode(message: Message) -> bytearray:
    """A frame."""
    frame = bytearray(PREFIX_BYTES)
    _encoder.encode_into(message, frame, PREFIX_BYTES)
    frame[:PREFIX_BYTES] = (len(frame) - PREFIX_BYTES).to_bytes(PREFIX_BYTES, "little")
    return frame


def reply(id_: int, answer: Answer) -> Reply:
    """An answer under its call's number, its body inline."""
    body: Any = answer.body
    return Reply(id_, body, answer.media_type, answer.status, answer.code, answer.headers)


class Reader:
    """Bytes in, messages out, whatever pieces the bytes come in."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._held = 0
        self._wanted = PREFIX_BYTES
        self._descriptors: deque[int] = deque()

    def feed(self, data: bytes, descriptors: list[int]) -> list[Message]:
        """Every message that is whole now."""
        self._descriptors.extend(descriptors)
        self._pieces.append(data)
        self._held += len(data)
        if self._held < self._wanted:
            return []
        whole = memoryview(data if len(self._pieces) == 1 else b"".join(self._pieces))
        messages: list[Message] = []
        start = 0
        while True:
            size = int.from_bytes(whole[start : start + PREFIX_BYTES], "little") + PREFIX_BYTES
            if self._held - start < PREFIX_BYTES or self._held - start < size:
                break
            messages.append(_decoder.decode(whole[start + PREFIX_BYTES : start + size]))
            start += size
        self._held -= start
        self._pieces = [bytes(whole[start:])] if self._held else []
        self._wanted = size if self._held >= PREFIX_BYTES else PREFIX_BYTES
        return messages

    def take(self, size: int) -> Shared:
        """The next body that travelled beside."""
        return Shared(self._descriptors.popleft(), size)

    def close(self) -> None:
        """Let go of bodies whose frame will never be whole."""
        while self._descriptors:
            os.close(self._descriptors.popleft())
