"""The one thread that loads the handler and is alone in touching it.

The event loop of the server never runs user code, so that a slow or stuck one cannot keep health
from being answered. An `async` handler gets an event loop of its own in that thread.
"""

from __future__ import annotations

import asyncio
import enum
import threading
import time
from collections.abc import Callable
from typing import Any, Optional

from .configuration import Limits
from .dataplane import Answer, DataPlane
from .problem import NOT_STARTED, Problem
from .waiting import FullError, WaitingLine


class PredictionError(Exception):
    """The handler raised; its exception is the cause."""


class State(enum.Enum):
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class _Job:
    __slots__ = ("answer", "arguments")

    def __init__(self, arguments: dict[str, Any], answer: asyncio.Future[Answer]) -> None:
        self.arguments = arguments
        self.answer = answer


class Worker:
    """Predictions one at a time, or side by side when the handler is `async`."""

    def __init__(self, load: Callable[[], DataPlane], limits: Limits) -> None:
        self._load = load
        self._limits = limits
        self._server_loop = asyncio.get_running_loop()
        self._line: WaitingLine[_Job] = WaitingLine(limits.waiting)
        self._own_loop: Optional[asyncio.AbstractEventLoop] = None
        self._stop: Optional[asyncio.Event] = None
        self._in_flight = 0
        self._busy_since: Optional[float] = None
        self._thread = threading.Thread(target=self._run, name="predict", daemon=True)
        self.state = State.LOADING
        self.plane: Optional[DataPlane] = None
        self.failure: Optional[BaseException] = None
        self.loaded: asyncio.Future[None] = self._server_loop.create_future()
        """Done once the handler is loaded or has failed to load; see `state`."""

    def start(self) -> None:
        self._thread.start()

    @property
    def in_flight(self) -> int:
        """Predictions waiting or under way."""
        return self._in_flight

    def require_ready(self) -> DataPlane:
        """Raises Problem `not_ready` or `worker_stuck` when it cannot answer now."""
        if self.plane is None or self.state is not State.READY:
            detail = "the handler is still being loaded"
            raise Problem("not_ready", detail, headers=NOT_STARTED)
        busy = self.busy_seconds
        if busy > self._limits.request_seconds:
            detail = f"the handler has not returned for {busy:.0f} seconds"
            raise Problem("worker_stuck", detail, headers=NOT_STARTED)
        return self.plane

    @property
    def busy_seconds(self) -> float:
        """How long the handler has kept the thread; 0 when it is free."""
        since = self._busy_since
        if self._own_loop is not None:
            self._ping(self._own_loop)
        return 0.0 if since is None else time.monotonic() - since

    async def predict(self, arguments: dict[str, Any]) -> Answer:
        """Raises Problem `queue_full` or `deadline_exceeded`, PredictionError."""
        job = _Job(arguments, self._server_loop.create_future())
        self._enqueue(job)
        timer = self._server_loop.call_later(self._limits.request_seconds, self._expire, job)
        self._in_flight += 1
        try:
            return await job.answer
        finally:
            self._in_flight -= 1
            timer.cancel()
            self._line.discard(job)

    def stop(self, seconds: float) -> bool:
        """Let the thread end; whether it did within `seconds`."""
        self._line.close()
        if self._own_loop is not None and self._stop is not None:
            self._own_loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _enqueue(self, job: _Job) -> None:
        try:
            if self._own_loop is None:
                self._line.put(job)
            elif self._in_flight > self._limits.waiting:
                raise FullError
            else:
                self._own_loop.call_soon_threadsafe(self._begin, job)
        except FullError:
            detail = f"{self._limits.waiting} predictions are waiting already"
            raise Problem("queue_full", detail, headers=NOT_STARTED) from None

    def _expire(self, job: _Job) -> None:
        if not job.answer.done():
            detail = f"no answer within {self._limits.request_seconds:g} seconds"
            job.answer.set_exception(Problem("deadline_exceeded", detail))

    # What follows runs in the worker's own thread.

    def _run(self) -> None:
        try:
            self.plane = self._load()
        except BaseException as error:
            self.failure = error
            self._tell(self._loaded, State.FAILED)
            return
        if self.plane.handler.asynchronous:
            asyncio.run(self._serve_async())
        else:
            self._tell(self._loaded, State.READY)
            self._serve(self.plane)

    def _serve(self, plane: DataPlane) -> None:
        while True:
            job = self._line.take()
            if job is None:
                return
            self._busy_since = time.monotonic()
            try:
                self._tell(_settle, job.answer, plane.predict(job.arguments), None)
            except BaseException as error:
                self._tell(_settle, job.answer, None, error)
            self._busy_since = None
            del job

    async def _serve_async(self) -> None:
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._own_loop = asyncio.get_running_loop()
        self._tell(self._loaded, State.READY)
        await self._stop.wait()

    def _begin(self, job: _Job) -> None:
        task = asyncio.ensure_future(self._answer(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._tell(job.answer.add_done_callback, lambda _: self._give_up(task))

    async def _answer(self, job: _Job) -> None:
        assert self.plane is not None
        try:
            answer = await self.plane.predict_async(job.arguments)
            self._tell(_settle, job.answer, answer, None)
        except BaseException as error:
            self._tell(_settle, job.answer, None, error)

    def _give_up(self, task: asyncio.Task[None]) -> None:
        if self._own_loop is not None and not self._own_loop.is_closed() and not task.done():
            self._own_loop.call_soon_threadsafe(task.cancel)

    def _ping(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._busy_since is None:
            self._busy_since = time.monotonic()
            loop.call_soon_threadsafe(self._pong)

    def _pong(self) -> None:
        self._busy_since = None

    def _loaded(self, state: State) -> None:
        self.state = state
        self.loaded.set_result(None)

    def _tell(self, callback: Callable[..., Any], *arguments: Any) -> None:
        try:
            self._server_loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:  # the server's loop is closed: nobody waits any more
            return


def _settle(
    future: asyncio.Future[Answer], answer: Optional[Answer], error: Optional[BaseException]
) -> None:
    if future.done():
        return
    if answer is not None:
        future.set_result(answer)
        return
    failure = PredictionError()
    failure.__cause__ = error
    future.set_exception(failure)
