"""Connections kept between calls: of this process alone, for any thread and any event loop.

A kept connection is a socket that nobody waits on, so it belongs to no event loop. Deques are
appended to and popped from without a lock, which a fork could leave locked for ever.
"""

from __future__ import annotations

import atexit
import os
import select
import socket
import time
from collections import deque
from typing import Optional

from lading_runtime.client.address import Address

MOST_KEPT = 32
"""Idle connections to one address."""
IDLE_SECONDS = 60.0
"""Longer than this, something between may have forgotten the connection without a word."""

_Kept = deque[tuple[socket.socket, float]]


class Pool:
    """Idle connections by address, the one used last first."""

    def __init__(self) -> None:
        self._kept: dict[Address, _Kept] = {}
        self._process = os.getpid()

    def take(self, address: Address) -> Optional[socket.socket]:
        """An open connection on which nothing came since; None where there is none."""
        kept = self._own().get(address)
        while kept:
            try:
                connection, since = kept.pop()
            except IndexError:  # another thread was faster
                return None
            if time.monotonic() - since < IDLE_SECONDS and _silent(connection):
                return connection
            connection.close()
        return None

    def keep(self, address: Address, connection: socket.socket) -> None:
        """Give it back after a whole answer."""
        kept = self._own().setdefault(address, deque())
        now = time.monotonic()
        kept.append((connection, now))
        while kept and (len(kept) > MOST_KEPT or now - kept[0][1] >= IDLE_SECONDS):
            try:
                kept.popleft()[0].close()
            except IndexError:
                return

    def count(self, address: Address) -> int:
        """How many are idle."""
        return len(self._own().get(address, ()))

    def close(self) -> None:
        """Close all that are idle."""
        kept, self._kept = self._kept, {}
        for connections in kept.values():
            while connections:
                connections.pop()[0].close()

    def _own(self) -> dict[Address, _Kept]:
        """Without what was inherited by a fork: answers to the parent would come here as well."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self.close()
        return self._kept


def _silent(connection: socket.socket) -> bool:
    """Whether the other side neither closed it nor said anything unasked."""
    watch = select.poll()
    watch.register(connection, select.POLLIN)
    return not watch.poll(0)


POOL = Pool()
"""The process's."""
atexit.register(POOL.close)
