"""A streamed answer, as steps: each gives the values that came meanwhile."""

from __future__ import annotations

from collections import deque
from typing import Any

from lading_runtime.client import results
from lading_runtime.client.conversation import Call, Conversation
from lading_runtime.client.events import MEDIA_TYPE, Event, Events
from lading_runtime.client.waiting import Steps


class Stream:
    """The values of one call. Every wait for the next may last as long as the call's time."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._conversation = Conversation(call)
        self._events = Events()
        self._came: deque[Event] = deque()
        self._begun = False

    def values(self) -> Steps[list[Any]]:
        """What came, at least one; nothing at the end.

        Raises ServiceError; for an event of kind `error`, after the values that came before it.
        """
        conversation = self._conversation
        conversation.until = self._call.until()
        if not self._begun:
            self._begun = True
            yield from conversation.begin()
            if not self._streams():
                body = yield from conversation.rest()
                return [results.result(self._call.service, conversation.answer, body)]
        while not self._came:
            piece = yield from conversation.more()
            if not piece:
                return []
            self._came.extend(self._events.feed(piece))
        return self._decoded()

    def close(self) -> None:
        """Give the connection back at the end of the stream, else close it."""
        self._conversation.close()

    def _streams(self) -> bool:
        answer = self._conversation.answer
        return 200 <= answer.status < 300 and results.media_type(answer) == MEDIA_TYPE

    def _decoded(self) -> list[Any]:
        values: list[Any] = []
        while self._came and not (values and self._came[0].kind == "error"):
            event = self._came.popleft()
            values.append(results.event(self._call.service, self._conversation.answer, event))
        return values
