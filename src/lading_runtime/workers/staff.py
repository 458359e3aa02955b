"""Keeps as many workers as there should be: starts them, ends stuck ones, replaces the dead."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Optional

from .. import log
from .channel import pair
from .frames import Ended, Failed, Fork, Forked, Message
from .link import Link
from .nursery import Nursery, exit_code
from .replica import Keeper, Replica

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_MOST_FRUITLESS = 5
"""Workers in a row that end before they answer anything, after the first that was ready."""
_LAST_WORDS_SECONDS = 0.2
_WATCH_SECONDS = 0.05
_MOST_NAMED = 10
"""Requests that the log names of those inside a stuck worker."""
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
        nursery: Nursery,
        keeper: Keeper,
        restarted: Callable[[str], None],
    ) -> None:
        self.replicas: list[Replica] = []
        self._loop = asyncio.get_running_loop()
        self.gave_up: asyncio.Future[str] = self._loop.create_future()
        self._service = service
        self._keeper = keeper
        self._restarted = restarted
        self._nursery = nursery
        self._link = self._heard(nursery.channel) if nursery.channel else None
        self._by_key: dict[int, Replica] = {}
        self._first = nursery.workers
        self._next_key = len(self._first)
        self._fruitless = 0
        self._reasons: dict[int, str] = {}
        self._pids: dict[int, int] = dict(nursery.own)
        self._descriptors: dict[int, int] = {}
        self._statuses: dict[int, int] = {}
        self._closing = False
        self._orphaned = False
        self._ever_ready = False
        self._lost: Optional[str] = None

    def start(self) -> None:
        """Hear those that were forked already."""
        for key, end in self._first.items():
            self.replicas.append(self._take(key, end))
        for key, pid in self._nursery.own.items():
            self._watch(key, pid)

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

    def pid(self, replica: Replica) -> int:
        """0 while it has no process."""
        return self._pids.get(replica.key, 0)

    def kill_stuck(self, replica: Replica) -> None:
        """It is replaced as soon as it is gone."""
        pid = self.pid(replica)
        if pid and replica.key not in self._statuses:
            replica.stuck = True
            self._lost = "worker_stuck"
            inside = [job.request_id for job in replica.in_flight.values()][:_MOST_NAMED]
            log.write("error", "worker is stuck", service=self._service, pid=pid, inside=inside)
            # It says where it is stuck (faulthandler), if it still can.
            os.kill(pid, signal.SIGABRT)
            self._loop.call_later(_LAST_WORDS_SECONDS, self._kill, replica.key, pid)

    def _kill(self, key: int, pid: int) -> None:
        if key in self._pids and key not in self._statuses:
            os.kill(pid, signal.SIGKILL)

    def ended(self, replica: Replica) -> None:
        """Its channel is closed. Why, the nursery tells in a moment."""
        if self._ever_ready and not replica.stuck:
            self._lost = "worker_died"
        replica.close()
        if replica.key in self._statuses:
            self._conclude(replica)

    def close(self) -> None:
        """Let all of them leave."""
        self._closing = True
        for replica in self.replicas:
            replica.close()
        for end in self._first.values():
            end.close()  # of those that were never heard, too

    def kill_all(self) -> None:
        """Closing the nursery's channel ends those that have not left."""
        if self._link is not None:
            self._link.close()
        for key, pid in self._nursery.own.items():
            if key not in self._statuses and key in self._pids:
                os.kill(pid, signal.SIGKILL)
                self._reap(key, pid, 0)
        if self._orphaned:
            for key, pid in self._pids.items():
                if key not in self._statuses:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)

    @property
    def present(self) -> bool:
        """Whether any worker still runs."""
        return len(self._pids) > len(self._statuses)

    def _fork(self) -> Replica:
        ours, theirs = pair()
        self._next_key += 1
        if self._link is None:
            self._link = self._heard(self._nursery.open())
        self._link.send(Fork(self._next_key), [theirs.fileno()])
        theirs.close()
        return self._take(self._next_key, ours)

    def _take(self, key: int, end: socket.socket) -> Replica:
        replica = self._by_key[key] = Replica(key, end, self._keeper)
        return replica

    def _heard(self, nursery: socket.socket) -> Link:
        return Link(nursery, self._hear, self._nursery_lost)

    def _watch(self, key: int, pid: int) -> None:
        """Of a worker that the front forked itself, learn the end as the nursery would tell it."""
        try:
            descriptor = os.pidfd_open(pid)
        except (AttributeError, OSError):  # not on Linux, or an old one
            self._loop.call_later(_WATCH_SECONDS, self._reap, key, pid)
        else:
            self._descriptors[key] = descriptor
            self._loop.add_reader(descriptor, self._reap, key, pid)

    def _reap(self, key: int, pid: int, options: int = os.WNOHANG) -> None:
        if key in self._statuses or key not in self._pids:
            return
        ended, status = os.waitpid(pid, options)
        if ended:
            descriptor = self._descriptors.pop(key, -1)
            if descriptor >= 0:
                self._loop.remove_reader(descriptor)
                os.close(descriptor)
            self._gone(Ended(key, exit_code(status)))
        elif key not in self._descriptors:
            self._loop.call_later(_WATCH_SECONDS, self._reap, key, pid)

    def _hear(self, messages: list[Message]) -> None:
        for message in messages:
            if isinstance(message, Forked):
                self._pids[message.key] = message.pid
            elif isinstance(message, Ended):
                self._gone(message)
            elif isinstance(message, Failed):
                self._give_up(message.reason)

    def _gone(self, message: Ended) -> None:
        """Its last words may still be on their way, or its channel be held open by its children."""
        self._statuses[message.key] = message.status
        replica = self._by_key.get(message.key)
        if replica is None:  # not heard yet: when it is, its channel says the rest
            return
        if replica.ended:
            self._conclude(replica)
        else:
            self._loop.call_later(_LAST_WORDS_SECONDS, self._conclude, replica)

    def _conclude(self, replica: Replica) -> None:
        if self._by_key.pop(replica.key, None) is None or self._closing:
            return
        status, pid = self._statuses.pop(replica.key), self._pids.pop(replica.key, 0)
        if not replica.ended:
            replica.ended = True
            self._keeper.ended(replica)
        failure = self._reasons.pop(replica.key, None)
        why = failure or _in_words(status)
        if not self._ever_ready:
            self._give_up(why)
            return
        if replica.stuck:
            self._restarted("stuck")
        else:
            log.write("error", "worker died", service=self._service, pid=pid, reason=why)
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
        self._orphaned = True
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
