"""One prediction between its client and the workers: what each tells, passed to the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, Union

from ..access import AccessLog
from ..call import Body, Operation
from ..exchange import Exchange, Response
from ..problem import LATER, MEDIA_TYPE, NOT_STARTED, Problem
from ..shared import Shared
from ..workers.frames import Reply
from ..workers.job import Job
from ..workers.pool import Pool

EVENT_STREAM = "text/event-stream"
GONE = 499
"""Counted for a client that went away before its answer; nobody is sent it."""
_EVENT_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Office(NamedTuple):
    """What all predictions of a server share."""

    pool: Pool
    counted: Callable[[str, int, str, float], None]
    """Told the operation, the status, the problem's code and the seconds of each that is over."""
    access: AccessLog
    refusal: Callable[[Problem, str, Operation], Response]


class Prediction(Job):
    """A job, and the transport's ticket for it."""

    __slots__ = ("_begun", "_exchange", "_office")

    def __init__(
        self,
        operation: Operation,
        request_id: str,
        headers: dict[str, str],
        body: Union[bytes, Shared],
        exchange: Exchange,
        office: Office,
    ) -> None:
        super().__init__(operation, request_id, headers, body)
        self._exchange = exchange
        self._office = office
        self._begun = False

    # What the transport tells.

    def abandon(self) -> None:
        if not self.done:
            self._office.pool.abandon(self)
            self._over(GONE, "", time.monotonic())

    def resume(self) -> None:
        self._office.pool.resume(self)

    # What the workers tell.

    def answered(self, reply: Reply, body: Body, now: float) -> None:
        self._exchange.answer(
            Response(reply.status, body, self.request_id, reply.media_type, reply.headers)
        )
        self._over(reply.status, reply.code, now)

    def failed(self, code: str, detail: str, *, started: bool) -> None:
        headers = LATER if code == "worker_died" else {}
        problem = Problem(code, detail, headers=headers if started else NOT_STARTED)
        response = self._office.refusal(problem, self.request_id, self.operation)
        if self._begun:
            self._exchange.send(event(bytes(response.body), "error"))
            self._exchange.end()
        else:
            self._exchange.answer(response)
        self._over(problem.status, code, time.monotonic())

    def event(self, data: bytes) -> bool:
        self._begin()
        return self._exchange.send(event(data))

    def ended(self, problem: bytes, code: str) -> None:
        now = time.monotonic()
        if problem and not self._begun:
            self._exchange.answer(Response(500, problem, self.request_id, MEDIA_TYPE))
            self._over(500, code, now)
            return
        self._begin()
        if problem:
            self._exchange.send(event(problem, "error"))
        self._exchange.end()
        # One that fails midway has a 200 on the wire, and is counted as what it is.
        self._over(500 if problem else 200, code, now)

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            headers = _EVENT_HEADERS
            self._exchange.begin(Response(200, b"", self.request_id, EVENT_STREAM, headers))

    def _over(self, status: int, code: str, now: float) -> None:
        name = "infer" if self.operation else "predict"
        seconds = now - self.queued
        self._office.counted(name, status, code, seconds)
        if status >= self._office.access.lowest:
            self._office.access.answered(name, status, code, seconds, self.request_id)


def event(data: bytes, name: str = "") -> bytes:
    """One server-sent event. `data` is JSON, which has no line breaks."""
    if name:
        return b"event: %b\ndata: %b\n\n" % (name.encode(), data)
    return b"data: %b\n\n" % data
