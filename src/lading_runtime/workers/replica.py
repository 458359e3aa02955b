"""One worker as the front sees it."""

from __future__ import annotations

import asyncio
import math
import socket
import time
from collections.abc import Sequence
from typing import Any, Optional, Protocol

from ..call import Call
from ..shared import Shared
from .frames import (
    Cancel,
    Documents,
    End,
    Event,
    Failed,
    Loaded,
    Message,
    Pause,
    Ping,
    Pong,
    Replies,
    Resume,
    Work,
)
from .job import Job
from .link import Link


class Keeper(Protocol):
    """Who is told what a worker does: the pool."""

    def loaded(self, replica: Replica, loaded: Loaded) -> None: ...
    def failed(self, replica: Replica, reason: str) -> None: ...
    def documents(self, documents: Documents) -> None: ...
    def finished(self, job: Job) -> None: ...
    def took(self, size: int, seconds: float) -> None: ...
    def freed(self, replica: Replica, answered: int) -> None: ...
    def told(self) -> None: ...
    def ended(self, replica: Replica) -> None: ...


class Replica:
    """Jobs go in, replies come out. `in_flight` is in the order in which they were handed over."""

    def __init__(self, key: int, end: socket.socket, keeper: Keeper) -> None:
        self.key = key
        self.ended = False
        """Its channel is closed, or its process is gone."""
        self.stuck = False
        self.in_flight: dict[int, Job] = {}
        self.heard = time.monotonic()
        """When it last said something, or was given something while it had nothing."""
        self._keeper = keeper
        self._pings: list[asyncio.Future[None]] = []
        self._link = Link(end, self._hear, self._lost)

    def give(self, jobs: Sequence[Job], now: float) -> None:
        """Hand work over. Bodies in shared memory are the worker's alone from here on."""
        if not self.in_flight:
            self.heard = now
        descriptors: list[int] = []
        shared: list[Shared] = []
        calls = []
        for job in jobs:
            job.replica = self
            self.in_flight[job.id] = job
            body: Any = job.body
            size = 0
            if isinstance(body, Shared):
                descriptors.append(body.fd)
                shared.append(body)
                size, body = body.size, b""
            calls.append(
                Call(job.id, job.operation, job.request_id, job.deadline, job.headers, body, size)
            )
        self._link.send(Work(calls), descriptors)
        for one in shared:
            one.close()

    def cancel(self, job: Job) -> None:
        """Nobody waits for it any more."""
        if self.in_flight.get(job.id) is job:
            self._link.send(Cancel(job.id))

    def pause(self, job: Job) -> None:
        self._link.send(Pause(job.id))

    def resume(self, job: Job) -> None:
        self._link.send(Resume(job.id))

    def ping(self) -> asyncio.Future[None]:
        """Done when the worker has answered."""
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not self._pings:
            self._link.send(Ping())
        self._pings.append(answered)
        return answered

    def close(self) -> None:
        self._link.close()

    def _hear(self, messages: list[Message]) -> None:
        self.heard = time.monotonic()
        for message in messages:
            if isinstance(message, Replies):
                self._settle(message)
            elif isinstance(message, Event):
                self._event(message)
            elif isinstance(message, End):
                job = self._finish(message.id)
                self._keeper.freed(self, 1)
                if job is not None:
                    job.ended(message.problem, message.code)
            else:
                self._hear_of_itself(message)

    def _hear_of_itself(self, message: Message) -> None:
        if isinstance(message, Pong):
            pings, self._pings = self._pings, []
            for ping in pings:
                if not ping.done():
                    ping.set_result(None)
        elif isinstance(message, Loaded):
            self._keeper.loaded(self, message)
        elif isinstance(message, Documents):
            self._keeper.documents(message)
        elif isinstance(message, Failed):
            self._keeper.failed(self, message.reason)

    def _settle(self, message: Replies) -> None:
        settled = []
        for reply in message.replies:
            body: Any = reply.body
            if reply.shared:
                parcel = self._link.reader.take(reply.shared)
                body = parcel.view()
                parcel.close()
            job = self._finish(reply.id)
            if job is not None:
                settled.append((job, reply, body))
        if message.size:
            self._keeper.took(message.size, message.seconds)
        # The worker gets its next work before the clients get their answers.
        self._keeper.freed(self, len(settled))
        for job, reply, body in settled:
            job.answered(reply, body, self.heard)
        self._keeper.told()

    def _finish(self, id_: int) -> Optional[Job]:
        """None when nobody waits for it any more."""
        job = self.in_flight.pop(id_, None)
        if job is None or job.done:
            return None
        job.done = True
        self._keeper.finished(job)
        return job

    def _event(self, message: Event) -> None:
        job = self.in_flight.get(message.id)
        if job is None or job.done:
            return
        job.deadline = self.heard + job.patience_seconds
        if not job.event(message.data):
            job.deadline = math.inf  # now it is the caller that is awaited
            self.pause(job)

    def _lost(self) -> None:
        self.ended = True
        self._keeper.ended(self)
