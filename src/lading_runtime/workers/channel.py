"""Messages over a UNIX socket pair, with the descriptors of large bodies beside them."""

from __future__ import annotations

import array
import os
import select
import socket
from collections.abc import Sequence

from .frames import Message, Reader, encode

RECEIVED_BYTES = 64 * 1024
_MOST_DESCRIPTORS = 250
"""The kernel takes 253 with one message (SCM_MAX_FD)."""
_ANCILLARY_BYTES = socket.CMSG_SPACE(_MOST_DESCRIPTORS * array.array("i").itemsize)


class ClosedError(Exception):
    """The other side is gone."""


class Channel:
    """One end, blocking: a worker's or the nursery's."""

    def __init__(self, end: socket.socket) -> None:
        self.socket = end
        self.reader = Reader()
        self._ready: list[Message] = []

    def receive(self) -> Message:
        """Waits for the next message. Raises ClosedError."""
        while not self._ready:
            data, descriptors = receive(self.socket)
            self._ready = self.reader.feed(data, descriptors)
            self._ready.reverse()
        return self._ready.pop()

    def waiting(self) -> bool:
        """Whether there is something to receive now; costs about a microsecond."""
        return bool(self._ready) or bool(select.select([self.socket], [], [], 0)[0])

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Raises ClosedError."""
        frame = memoryview(encode(message))
        try:
            if descriptors:
                sent = socket.send_fds(self.socket, [frame], list(descriptors))
                frame = frame[sent:]
            self.socket.sendall(frame)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ClosedError from error


def receive(end: socket.socket) -> tuple[bytes, list[int]]:
    """Bytes and descriptors. Raises ClosedError, and BlockingIOError of a socket that may.

    Where this process may open no more descriptors, the kernel drops those it was sent; later ones
    would be taken for them, and one caller get the body of another. Nothing more is heard then.
    """
    try:
        data, ancillary, flags, _ = end.recvmsg(RECEIVED_BYTES, _ANCILLARY_BYTES, _CLOEXEC)
    except ConnectionResetError as error:
        raise ClosedError from error
    if not data:
        raise ClosedError
    descriptors: list[int] = []
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            numbers = array.array("i")
            numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
            descriptors.extend(numbers)
    if flags & socket.MSG_CTRUNC:
        for descriptor in descriptors:
            os.close(descriptor)
        raise ClosedError
    return data, descriptors


def pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)


_CLOEXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
