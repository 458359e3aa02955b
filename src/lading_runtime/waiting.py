"""The bounded line in which predictions wait for the worker."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, Optional, TypeVar

T = TypeVar("T")


class FullError(Exception):
    """The line is as long as it may be."""


class WaitingLine(Generic[T]):
    """First in, first out, between threads. One that gives up frees its place at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._idle = 0
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Raises FullError. A free worker takes one beyond `most`, since that one does not wait."""
        with self._changed:
            if len(self._items) >= self._most + self._idle:
                raise FullError
            self._items.append(item)
            self._changed.notify()

    def take(self) -> Optional[T]:
        """Blocks until there is one; None once the line is closed and empty."""
        with self._changed:
            self._idle += 1
            while not self._items and not self._closed:
                self._changed.wait()
            self._idle -= 1
            return self._items.popleft() if self._items else None

    def discard(self, item: T) -> None:
        """Leave the line; does nothing when it was taken already."""
        with self._changed:
            try:
                self._items.remove(item)
            except ValueError:
                return

    def close(self) -> None:
        """What waits is still taken; then `take` returns None."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
