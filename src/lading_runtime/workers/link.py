"""An end of a channel in an event loop, which it never blocks."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Optional

from .channel import ClosedError, receive
from .frames import Message, Reader, encode

_MOST_UNSENT = 100


class Link:
    """Calls `hear` with every batch of messages, and `closed` once when the other side is gone."""

    def __init__(
        self,
        end: socket.socket,
        hear: Callable[[list[Message]], None],
        closed: Callable[[], None],
    ) -> None:
        end.setblocking(False)
        self.reader = Reader()
        self._end: Optional[socket.socket] = end
        self._hear = hear
        self._closed = closed
        self._loop = asyncio.get_running_loop()
        self._out: deque[tuple[memoryview, list[int]]] = deque()
        self._loop.add_reader(end.fileno(), self._receive)

    @property
    def behind(self) -> bool:
        """Whether the other side reads more slowly than this one says."""
        return len(self._out) > _MOST_UNSENT

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Descriptors may be closed by the caller at once."""
        if self._end is None:
            return
        frame, beside = memoryview(encode(message)), list(descriptors)
        if not self._out:
            left = self._push(frame, beside)
            if not left or self._end is None:
                return
            if len(left) < len(frame):
                beside = []
            frame = left
            self._loop.add_writer(self._end.fileno(), self._push_on)
        self._out.append((frame, [os.dup(one) for one in beside]))

    def close(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            self._loop.remove_reader(end.fileno())
            self._loop.remove_writer(end.fileno())
            end.close()
            self.reader.close()
        for _, descriptors in self._out:
            _close(descriptors)
        self._out.clear()

    def _receive(self) -> None:
        end = self._end
        if end is None:
            return
        try:
            data, descriptors = receive(end)
        except BlockingIOError:
            return
        except ClosedError:
            self._lost()
            return
        messages = self.reader.feed(data, descriptors)
        if messages:
            self._hear(messages)

    def _push(self, frame: memoryview, descriptors: list[int]) -> memoryview:
        """What could not be sent yet. Descriptors go with the first byte, or not at all."""
        assert self._end is not None
        try:
            if descriptors:
                return frame[socket.send_fds(self._end, [frame], descriptors) :]
            return frame[self._end.send(frame) :]
        except BlockingIOError:
            return frame
        except (BrokenPipeError, ConnectionResetError):
            return frame[:0]  # what it said before it left is still to be heard, and then the end
        except OSError:
            self._loop.call_soon(self._lost)
            return frame[:0]

    def _push_on(self) -> None:
        while self._out and self._end is not None:
            frame, descriptors = self._out.popleft()
            left = self._push(frame, descriptors)
            if left:
                unsent = descriptors if len(left) == len(frame) else []
                if not unsent:
                    _close(descriptors)
                self._out.appendleft((left, unsent))
                return
            _close(descriptors)
        if self._end is not None:
            self._loop.remove_writer(self._end.fileno())

    def _lost(self) -> None:
        if self._end is not None:
            self.close()
            self._closed()


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
