"""A worker whose handler is an ordinary function: one thing at a time, in the main thread.

The handler has what it had in a notebook: the process' main thread, alone. Between two predictions
the worker waits in the kernel for the next frame.
"""

from __future__ import annotations

import time
from typing import Any, Optional

from ..call import Call
from ..problem import Problem
from . import frames
from .answering import Answering, Ready
from .channel import Channel, ClosedError
from .frames import Cancel, End, Event, Pause, Ping, Pong, Replies, Resume, Work
from .parcels import Parcels, opened


def serve(channel: Channel, answering: Answering) -> None:
    """Until the front closes the channel. Raises ClosedError."""
    worker = _Worker(channel, answering)
    while True:
        message = channel.receive()
        if isinstance(message, Work):
            worker.work(opened(message, channel.reader))
            del message  # its bodies are unmapped now, and not only when the next comes
        elif isinstance(message, Ping):
            channel.send(Pong())


class _Worker:
    def __init__(self, channel: Channel, answering: Answering) -> None:
        self._channel = channel
        self._answering = answering
        self._handler = answering.plane.handler

    def work(self, calls: list[Call]) -> None:
        if self._handler.streams:
            for call in calls:
                self._stream(call)
        elif self._handler.predict_batch is not None:
            self._together(calls)
        else:
            for call in calls:
                self._alone(call)

    def _alone(self, call: Call) -> None:
        begun = time.monotonic()
        ready = self._answering.read(call, begun)
        parcels = Parcels()
        if isinstance(ready, Ready):
            answer, size = self._answering.predict(ready), 1
        else:
            answer, size = ready, 0
        replies = [parcels.pack(call.id, answer)]
        parcels.send(self._channel, Replies(replies, size, time.monotonic() - begun))

    def _together(self, calls: list[Call]) -> None:
        begun = time.monotonic()
        parcels = Parcels()
        batch, answered = self._answering.sort(calls, begun)
        replies = [parcels.pack(*one) for one in answered]
        if batch:
            answers = self._answering.predict_batch(batch)
            for ready, answer in zip(batch, answers):  # noqa: B905 - from Python 3.10
                replies.append(parcels.pack(ready.call.id, answer))
        parcels.send(self._channel, Replies(replies, len(batch), time.monotonic() - begun))

    def _stream(self, call: Call) -> None:
        ready = self._answering.read(call, time.monotonic())
        if not isinstance(ready, Ready):
            self._channel.send(Replies([frames.reply(call.id, ready)], 0, 0.0))
            return
        self._answering.activate(call)
        items: Any = None
        failure: Optional[Problem] = None
        code = ""
        try:
            items = self._handler.predict(**ready.arguments)  # type: ignore[misc]
            for item in items:
                self._channel.send(Event(call.id, self._answering.plane.event(item)))
                if self._channel.waiting() and not self._goes_on(call.id):
                    break
        except ClosedError:  # the front's end, not the handler's
            raise
        except Problem as problem:
            failure, code = problem, problem.code
        except BaseException as error:
            failure = self._answering.problem(call, error)
            code = failure.code
        finally:
            self._close(call, items)
        document = failure.encode(call.request_id) if failure else b""
        self._channel.send(End(call.id, document, code))

    def _close(self, call: Call, items: Any) -> None:
        """Its reader may be gone already: what the generator does then is for the log alone."""
        try:
            if hasattr(items, "close"):
                items.close()
        except BaseException as error:
            self._answering.failed(call, error)

    def _goes_on(self, id_: int) -> bool:
        """Hears what the front says meanwhile; waits while the reader is slow."""
        paused = False
        while paused or self._channel.waiting():
            message = self._channel.receive()
            if isinstance(message, Cancel) and message.id == id_:
                return False
            if isinstance(message, (Pause, Resume)) and message.id == id_:
                paused = isinstance(message, Pause)
            elif isinstance(message, Ping):
                self._channel.send(Pong())
        return True
