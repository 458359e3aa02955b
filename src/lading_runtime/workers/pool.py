"""Requests to workers: who waits, who goes together to whom, and what becomes of each.

Every job that is accepted ends in exactly one of five ways: its worker's answer,
`deadline_exceeded`, `worker_died`, `draining` at the end of the grace, or its caller went away.
"""

from __future__ import annotations

import asyncio
import time
from typing import Optional, Protocol

from ..batching.gathering import Gathering
from ..batching.line import FullError, Line
from ..configuration import Configuration
from ..problem import NOT_STARTED, Problem
from ..shared import Shared
from .frames import Documents, Loaded
from .job import Job
from .nursery import Nursery
from .parcels import MOST as MOST_SHARED
from .replica import Replica
from .staff import Staff

_BUNDLE_SECONDS = 0.001
"""Work handed over ahead to a worker that takes one request at a time: no more than this much."""
_MOST_BUNDLED = 16
_LONGEST_SWEEP_SECONDS = 0.05
_PONG_SECONDS = 1.0
_SMOOTHING = 0.2


class Observer(Protocol):
    """Who counts. Times are in seconds."""

    def queued(self, seconds: float) -> None: ...
    def batch(self, size: int, seconds: float) -> None: ...
    def loaded(self, seconds: float) -> None: ...
    def worker_restarted(self, reason: str) -> None: ...


class Pool:
    """The front's one way to the workers."""

    def __init__(self, configuration: Configuration, nursery: Nursery, observer: Observer) -> None:
        limits = configuration.limits
        self._limits = limits
        self._observer = observer
        self._loop = asyncio.get_running_loop()
        self._line: Line[Job] = Line(limits.waiting)
        self._gathering = Gathering(configuration.batch_size, configuration.batch_wait_seconds)
        self._batches = self._asynchronous = False
        self._ready: list[Replica] = []
        self._free: list[Replica] = []
        self._unheard: dict[Replica, float] = {}
        """Who did not answer a ping, and when: once may be the machine's fault."""
        self._live: dict[int, Job] = {}
        self._next_id = 0
        self._predict_seconds = 0.01
        self._arranged = False
        self._timer: Optional[asyncio.TimerHandle] = None
        self._sweeping: Optional[asyncio.TimerHandle] = None
        self.staff = Staff(configuration.service, nursery, self, observer.worker_restarted)
        self.documents_told: Optional[Documents] = None
        self.has_loaded: asyncio.Future[float] = self._loop.create_future()
        """Done once the first worker is loaded, with the seconds it took."""
        self._sweep_seconds = min(_LONGEST_SWEEP_SECONDS, limits.request_seconds / 4)

    @property
    def waiting(self) -> int:
        return len(self._line)

    @property
    def in_flight(self) -> int:
        """Requests waiting or inside a worker."""
        return len(self._live)

    def states(self) -> list[tuple[str, int]]:
        """Of each place's worker: loading, ready or stuck; and its process."""
        found = []
        for replica in self.staff.replicas:
            state = "ready" if replica in self._ready else "loading"
            state = "stuck" if replica.stuck else state
            found.append((state, self.staff.pid(replica)))
        return found

    def require_ready(self) -> None:
        """Raises Problem `not_ready`, `worker_stuck`, `worker_died` when no worker can answer."""
        if not self._ready:
            code, detail = self.staff.trouble
            raise Problem(code, detail, headers=NOT_STARTED)

    async def require_pong(self) -> None:
        """Whether a worker says itself that it is there. Raises Problem as `require_ready`."""
        self.require_ready()
        ready = list(self._ready)
        if not self._asynchronous and any(one.in_flight for one in ready):
            return  # it works, and not for too long
        pings = [one.ping() for one in ready]
        done, _ = await asyncio.wait(
            pings, timeout=_PONG_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if done or any(one.in_flight for one in ready):
            self._unheard.clear()
            return
        now = time.monotonic()
        asked = [one for one in ready if one in self._ready]
        if not asked:  # all were replaced meanwhile
            self.require_ready()
            return
        for one in asked:
            since = self._unheard.setdefault(one, now)
            if now - since >= _PONG_SECONDS / 2:
                self._stuck(one)
        raise Problem("worker_stuck", "no worker answers", headers=NOT_STARTED)

    def submit(self, job: Job) -> None:
        """Raises Problem `queue_full`, and as `require_ready`."""
        if not self._free:
            self.require_ready()
        capacity = self._gathering.most if self._batches else 1
        try:
            self._line.put(job, capacity * len(self._free))
        except FullError:
            detail = f"{self._limits.waiting} predictions are waiting already"
            raise Problem("queue_full", detail, headers=NOT_STARTED) from None
        self._next_id += 1
        job.id = self._next_id
        now = job.queued = time.monotonic()
        job.patience_seconds = self._limits.request_seconds
        job.deadline = now + job.patience_seconds
        self._live[job.id] = job
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(self._sweep_seconds, self._sweep)
        if not self._free:
            return
        if not self._batches or self._gathering.wait(len(self._line), now) <= 0:
            self._hand_out()
        elif not self._arranged:
            # After all that this turn of the event loop brings.
            self._arranged = True
            self._loop.call_soon(self._hand_out)

    def abandon(self, job: Job) -> None:
        """The caller went away; what waits frees its place at once."""
        if job.done:
            return
        job.done = True
        self._live.pop(job.id, None)
        if job.replica is not None:
            job.replica.cancel(job)
        else:
            self._line.left()
            if isinstance(job.body, Shared):
                job.body.close()  # it still stands in the line

    def give_up(self) -> None:
        """The server stops, and waits for no answer any more."""
        for job in list(self._live.values()):
            self._fail(job, "draining", "the server stopped before there was an answer")

    def resume(self, job: Job) -> None:
        """The caller of a stream has read what it got."""
        if job.replica is not None and not job.done:
            job.deadline = time.monotonic() + job.patience_seconds
            job.replica.resume(job)

    # What replicas tell.

    def loaded(self, replica: Replica, loaded: Loaded) -> None:
        self._batches, self._asynchronous = loaded.batches, loaded.asynchronous
        if self._batches:
            self._line.most = max(self._limits.waiting, 4 * self._gathering.most)
        self._observer.loaded(loaded.seconds)
        self.staff.succeeded()
        if not self.has_loaded.done():
            self.has_loaded.set_result(loaded.seconds)
        self._ready.append(replica)
        self._free.append(replica)
        self._hand_out()

    def failed(self, replica: Replica, reason: str) -> None:
        self.staff.failed(replica, reason)

    def documents(self, documents: Documents) -> None:
        self.documents_told = documents

    def finished(self, job: Job) -> None:
        """Its caller hears the last of it now."""
        self._live.pop(job.id, None)

    def took(self, size: int, seconds: float) -> None:
        self._observer.batch(size, seconds)
        self._gathering.took(size, seconds)
        self._predict_seconds += _SMOOTHING * (seconds / size - self._predict_seconds)

    def freed(self, replica: Replica, answered: int) -> None:
        self.staff.proved()
        if self._room(replica) and replica not in self._free:
            self._free.append(replica)
        if self._batches:
            self._gathering.freed(answered, len(self._line), replica.heard)
        if self._free and len(self._line):
            self._hand_out()

    def told(self) -> None:
        if self._batches and self._free:
            self._gathering.told(time.monotonic())

    def ended(self, replica: Replica) -> None:
        self._unheard.pop(replica, None)
        self._withdraw(replica)
        jobs = list(replica.in_flight.values())
        replica.in_flight.clear()
        one_by_one = not self._batches and not self._asynchronous
        waiting = [job for job in jobs[1:] if _can_wait(job)] if one_by_one else []
        for job in jobs:
            if job not in waiting and not job.done:
                self._fail(job, "worker_died", "the worker died while it had this request")
        for job in waiting:
            job.replica = None
        self._line.put_back(waiting)
        self.staff.ended(replica)
        self._hand_out()

    def _room(self, replica: Replica) -> bool:
        if replica not in self._ready:
            return False
        if self._asynchronous and not self._batches:
            return len(replica.in_flight) <= self._limits.waiting
        return not replica.in_flight

    def _hand_out(self) -> None:
        self._arranged = False
        now = time.monotonic()
        while self._free and len(self._line):
            if self._batches:
                wait = self._gathering.wait(len(self._line), now)
                if wait > 0:
                    self._wake_in(wait)
                    return
            replica = self._free.pop()
            if self._batches:
                self._gathering.gone(len(self._line), now)
            jobs = self._line.take(self._fitting())
            if not jobs:
                self._free.append(replica)
                return
            for job in jobs:
                self._observer.queued(now - job.queued)
            replica.give(jobs, now)
            if self._room(replica):
                self._free.insert(0, replica)

    def _fitting(self) -> int:
        """How many may go to one worker now."""
        if self._batches:
            return min(self._gathering.most, MOST_SHARED)
        if self._asynchronous:
            return 1
        ahead = int(_BUNDLE_SECONDS / max(self._predict_seconds, 1e-6))
        return max(1, min(ahead, _MOST_BUNDLED))

    def _wake_in(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._hand_out()

    def _sweep(self) -> None:
        """Ends what waits for too long, and workers that are stuck."""
        now = time.monotonic()
        for job in list(self._live.values()):
            if job.deadline < now:
                detail = f"no answer within {self._limits.request_seconds:g} seconds"
                self._fail(job, "deadline_exceeded", detail)
        for replica in list(self._ready):
            silent = now - replica.heard if replica.in_flight else 0.0
            if silent > self._limits.request_seconds:
                self._stuck(replica)
            elif silent > self._limits.request_seconds / 2:
                replica.ping()
        busy = self._live or any(replica.in_flight for replica in self._ready)
        self._sweeping = self._loop.call_later(self._sweep_seconds, self._sweep) if busy else None

    def _stuck(self, replica: Replica) -> None:
        self._withdraw(replica)
        self.staff.kill_stuck(replica)

    def _withdraw(self, replica: Replica) -> None:
        """It gets no more work."""
        for group in (self._ready, self._free):
            if replica in group:
                group.remove(replica)

    def _fail(self, job: Job, code: str, detail: str) -> None:
        if job.done:
            return
        started = job.replica is not None
        self.abandon(job)
        job.failed(code, detail, started=started)


def _can_wait(job: Job) -> bool:
    """Handed over, never begun, and its body is still here."""
    return not job.done and not isinstance(job.body, Shared)
