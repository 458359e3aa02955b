"""A worker whose handler is `async`: an event loop in which predictions wait side by side."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Optional

from .. import loops
from ..call import Call
from ..problem import Problem
from . import frames
from .answering import Answering, Ready
from .channel import Channel
from .frames import Cancel, End, Event, Message, Pause, Ping, Pong, Replies, Resume, Work
from .link import Link
from .parcels import Parcels, opened

_BEHIND_SECONDS = 0.001


def serve(channel: Channel, answering: Answering) -> None:
    """Until the front closes the channel."""
    loop = loops.new()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(_Worker(channel, answering).run())
    loop.run_until_complete(loop.shutdown_asyncgens())


class _Worker:
    def __init__(self, channel: Channel, answering: Answering) -> None:
        self._channel = channel
        self._answering = answering
        self._handler = answering.plane.handler
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._unwanted: set[int] = set()
        """Those of them that were cancelled because nobody waits any more."""
        self._paused: dict[int, asyncio.Event] = {}

    async def run(self) -> None:
        closed = asyncio.get_running_loop().create_future()
        self._link = Link(self._channel.socket, self._hear_all, lambda: closed.set_result(None))
        # What came while the handler was loaded.
        self._link.reader = self._channel.reader
        await closed
        for key in list(self._tasks):
            self._cancel(key)
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _hear_all(self, messages: list[Message]) -> None:
        for message in messages:
            self._hear(message)

    def _hear(self, message: Message) -> None:
        if isinstance(message, Work):
            calls = opened(message, self._link.reader)
            if self._handler.predict_batch is not None and not self._handler.streams:
                self._begin(calls, self._together(calls))
            else:
                for call in calls:
                    work = self._stream(call) if self._handler.streams else self._alone(call)
                    self._begin([call], work)
        elif isinstance(message, Cancel):
            self._cancel(message.id)
        elif isinstance(message, (Pause, Resume)):
            self._pause(message)
        elif isinstance(message, Ping):
            self._link.send(Pong())

    def _begin(self, calls: list[Call], work: Any) -> None:
        task = asyncio.ensure_future(work)
        # One that leaves must not end what others of its batch wait for.
        key = calls[0].id if len(calls) == 1 else -1 - calls[0].id
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._over(key, calls, task))

    def _cancel(self, key: int) -> None:
        task = self._tasks.get(key)
        if task is not None:
            self._unwanted.add(key)
            task.cancel()

    def _over(self, key: int, calls: list[Call], task: asyncio.Task[None]) -> None:
        """Whatever its end was, the front hears of it: it would think the worker busy for ever."""
        del self._tasks[key]
        unwanted = key in self._unwanted
        self._unwanted.discard(key)
        if not task.cancelled() and task.exception() is None:
            return
        if unwanted:  # perhaps before it took its first step
            answers = [self._answering.unbegun(call) for call in calls]
        else:
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            answers = [self._answering.failed(call, error or Exception()) for call in calls]
        if self._handler.streams:
            for call, answer in zip(calls, answers):  # noqa: B905 - from Python 3.10
                self._link.send(End(call.id, bytes(answer.body), answer.code))
        else:
            replies = [frames.reply(call.id, answer) for call, answer in zip(calls, answers)]  # noqa: B905
            self._link.send(Replies(replies, 0, 0.0))

    def _pause(self, message: Any) -> None:
        event = self._paused.get(message.id)
        if event is not None:
            event.clear() if isinstance(message, Pause) else event.set()

    async def _alone(self, call: Call) -> None:
        begun = time.monotonic()
        parcels = Parcels()
        ready = self._answering.read(call, begun)
        if isinstance(ready, Ready):
            answer, size = await self._answering.predict_async(ready), 1
        else:
            answer, size = ready, 0
        replies = [parcels.pack(call.id, answer)]
        parcels.send(self._link, Replies(replies, size, time.monotonic() - begun))

    async def _together(self, calls: list[Call]) -> None:
        begun = time.monotonic()
        parcels = Parcels()
        batch, answered = self._answering.sort(calls, begun)
        replies = [parcels.pack(*one) for one in answered]
        if batch:
            answers = await self._answering.predict_batch_async(batch)
            for one, answer in zip(batch, answers):  # noqa: B905 - from Python 3.10
                replies.append(parcels.pack(one.call.id, answer))
        parcels.send(self._link, Replies(replies, len(batch), time.monotonic() - begun))

    async def _stream(self, call: Call) -> None:
        ready = self._answering.read(call, time.monotonic())
        if not isinstance(ready, Ready):
            self._link.send(Replies([frames.reply(call.id, ready)], 0, 0.0))
            return
        self._answering.activate(call)
        unpaused = self._paused[call.id] = asyncio.Event()
        unpaused.set()
        failure: Optional[Problem] = None
        code = ""
        try:
            async for item in self._handler.predict(**ready.arguments):  # type: ignore[misc]
                self._link.send(Event(call.id, self._answering.plane.event(item)))
                await asyncio.sleep(0)  # hear what the front says meanwhile
                await unpaused.wait()
                while self._link.behind:
                    await asyncio.sleep(_BEHIND_SECONDS)
        except Problem as problem:
            failure, code = problem, problem.code
        except Exception as error:
            failure = self._answering.problem(call, error)
            code = failure.code
        finally:
            del self._paused[call.id]
        document = failure.encode(call.request_id) if failure else b""
        self._link.send(End(call.id, document, code))
