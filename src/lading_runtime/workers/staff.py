"""Keeps as many workers as there should be: starts them, ends stuck ones, replaces the dead."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from typing import Optional

from .. import log
from .channel import pair
from .frames import Ended, Failed, Fork, Forked, Message
from .link import Link
from .replica import Keeper, Replica, State

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_MOST_FRUITLESS = 5
"""Workers in a row that end before they answer anything, after the first that was ready."""
_LOST = {
    "worker_stuck": "the worker's handler did not return in time",
    "worker_died": "the worker died",
}


class Staff:
    """`replicas` has a place for each worker; a place keeps its number when its worker is replaced.

    `gave_up` is done, with the reason, when no worker can be had.
    """

    def __init__(
        self,
        service: str,
        nursery: socket.socket,
        keeper: Keeper,
        restarted: Callable[[str], None],
    ) -> None:
        self.replicas: list[Replica] = []
        self._loop = asyncio.get_running_loop()
        self.gave_up: asyncio.Future[str] = self._loop.create_future()
        self._service = service
        self._keeper = keeper
        self._restarted = restarted
        self._nursery = Link(nursery, self._hear, self._nursery_lost)
        self._by_key: dict[int, Replica] = {}
        self._next_key = 0
        self._fruitless = 0
        self._reasons: dict[int, str] = {}
        self._closing = False
        self._ever_ready = False
        self._lost: Optional[str] = None

    def start(self, workers: int) -> None:
        for _ in range(workers):
            self.replicas.append(self._fork())

    def succeeded(self) -> None:
        """A worker is loaded."""
        self._ever_ready = True
        self._lost = None

    def proved(self) -> None:
        """A worker has answered something."""
        self._fruitless = 0

    def failed(self, replica: Replica, reason: str) -> None:
        """It cannot load the handler."""
        self._reasons[replica.key] = reason

    @property
    def trouble(self) -> tuple[str, str]:
        """Why no worker is ready: a problem's code and detail."""
        if self._lost is None:
            return "not_ready", "the handler is still being loaded"
        return self._lost, f"{_LOST[self._lost]}, and is being replaced"

    def kill_stuck(self, replica: Replica) -> None:
        """It is replaced as soon as it is gone."""
        if replica.pid and replica.key in self._by_key:
            replica.stuck = True
            self._lost = "worker_stuck"
            log.write("error", "worker is stuck", service=self._service, pid=replica.pid)
            os.kill(replica.pid, signal.SIGKILL)

    def ended(self, replica: Replica) -> None:
        """Its channel is closed. Why, the nursery tells in a moment."""
        if self._ever_ready and not replica.stuck:
            self._lost = "worker_died"
        replica.close()

    def close(self) -> None:
        """Let all of them leave."""
        self._closing = True
        for replica in self.replicas:
            replica.close()

    def kill_all(self) -> None:
        """Closing the nursery's channel ends those that have not left."""
        self._nursery.close()

    @property
    def present(self) -> bool:
        """Whether any worker still runs."""
        return bool(self._by_key)

    def _fork(self) -> Replica:
        ours, theirs = pair()
        self._next_key += 1
        replica = Replica(self._next_key, ours, self._keeper)
        self._by_key[replica.key] = replica
        self._nursery.send(Fork(replica.key), [theirs.fileno()])
        theirs.close()
        return replica

    def _hear(self, messages: list[Message]) -> None:
        for message in messages:
            if isinstance(message, Forked):
                replica = self._by_key.get(message.key)
                if replica is not None:
                    replica.pid = message.pid
            elif isinstance(message, Ended):
                self._gone(message)
            elif isinstance(message, Failed):
                self._give_up(message.reason)

    def _gone(self, message: Ended) -> None:
        replica = self._by_key.pop(message.key, None)
        if replica is None or self._closing:
            return
        if replica.state is not State.ENDED:
            replica.state = State.ENDED
            replica.close()
            self._keeper.ended(replica)
        failure = self._reasons.pop(replica.key, None)
        why = failure or _in_words(message.status)
        if not self._ever_ready:
            self._give_up(why)
            return
        if replica.stuck:
            self._restarted("stuck")
        else:
            log.write("error", "worker died", service=self._service, pid=replica.pid, reason=why)
            self._restarted("died" if failure is None else "failed_to_load")
        self._fruitless += 1
        if self._fruitless > _MOST_FRUITLESS:
            self._give_up(f"{self._fruitless} workers in a row ended at once, the last: {why}")
            return
        pause = min(_FIRST_PAUSE_SECONDS * 2 ** (self._fruitless - 1), _LONGEST_PAUSE_SECONDS)
        self._loop.call_later(0 if self._fruitless == 1 else pause, self._replace, replica)

    def _replace(self, gone: Replica) -> None:
        if not self._closing:
            self.replicas[self.replicas.index(gone)] = self._fork()

    def _give_up(self, reason: str) -> None:
        if not self.gave_up.done() and not self._closing:
            self.gave_up.set_result(reason)

    def _nursery_lost(self) -> None:
        self._give_up("the process that starts workers is gone")


def _in_words(status: int) -> str:
    if status >= 0:
        return f"the worker exited with status {status}"
    number: Optional[signal.Signals]
    try:
        number = signal.Signals(-status)
    except ValueError:
        number = None
    name = number.name if number else f"signal {-status}"
    hint = "; out of memory, when nobody else did it" if number is signal.SIGKILL else ""
    return f"the worker was killed by {name}{hint}"
