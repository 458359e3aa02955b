"""The bounded line in which requests wait for a worker."""

from __future__ import annotations

from collections import deque
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """What stands in the line. `done` tells that nobody waits for it any more."""

    done: bool


T = TypeVar("T", bound=Waiting)


class FullError(Exception):
    """The line is as long as it may be."""


class Line(Generic[T]):
    """First in, first out. One that gives up frees its place at once: see `left`."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._items: deque[T] = deque()
        self._gone = 0

    def __len__(self) -> int:
        return len(self._items) - self._gone

    def put(self, item: T, beyond: int = 0) -> None:
        """Raises FullError. `beyond` more than `most` may stand: those a free worker takes."""
        if len(self._items) - self._gone >= self.most + beyond:
            raise FullError
        self._items.append(item)

    def put_back(self, items: list[T]) -> None:
        """Taken, but never begun: first in the line again, in their order."""
        self._items.extendleft(reversed(items))

    def left(self) -> None:
        """One that stands in the line is `done`."""
        self._gone += 1
        if self._gone > len(self._items) // 2:
            self._items = deque(item for item in self._items if not item.done)
            self._gone = 0

    def take(self, most: int) -> list[T]:
        """The first that still wait, at most so many."""
        taken: list[T] = []
        items = self._items
        while items and len(taken) < most:
            item = items.popleft()
            if item.done:
                self._gone -= 1
            else:
                taken.append(item)
        return taken
