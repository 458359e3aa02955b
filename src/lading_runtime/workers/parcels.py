"""Bodies on their way: inline when small, as shared memory beside the frame when large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .. import shared
from ..call import Answer, Call
from ..shared import Shared
from . import frames
from .frames import Message, Reader, Replies, Reply, Work

MOST = 200
"""Shared bodies that travel with one frame; the kernel takes 253."""


class Sender(Protocol):
    """A channel's end."""

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> None: ...


class Parcels:
    """What is sent beside one frame."""

    def __init__(self) -> None:
        self._shared: list[Shared] = []

    def pack(self, id_: int, answer: Answer) -> Reply:
        """The answer as it travels."""
        reply = frames.reply(id_, answer)
        size = len(answer.body) if isinstance(answer.body, bytes) else answer.body.nbytes
        if size >= shared.FROM_BYTES and shared.AVAILABLE and len(self._shared) < MOST:
            parcel = shared.create()
            parcel.write(answer.body)
            self._shared.append(parcel)
            reply.body, reply.shared = b"", size
        return reply

    def send(self, channel: Sender, replies: Replies) -> None:
        """Raises ClosedError."""
        if self._shared:
            channel.send(replies, [parcel.fd for parcel in self._shared])
        else:
            channel.send(replies)


def opened(work: Work, reader: Reader) -> list[Call]:
    """The calls, with those bodies that travelled beside mapped into this process."""
    for call in work.calls:
        if call.shared:
            parcel = reader.take(call.shared)
            call.body = parcel.view()
            parcel.close()
    return work.calls
