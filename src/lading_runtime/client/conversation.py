"""One call, from an open connection to the last byte of the answer, as steps.

A request is sent again only when nobody can have begun it: the connection was found closed, it was
not sent whole, or the answer says so with `x-lading-not-started`. With `idempotent`, the caller
allows more.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import NamedTuple, NoReturn, Optional

from lading_runtime.client import connecting, results
from lading_runtime.client.address import Address
from lading_runtime.client.answers import Answer, BrokenAnswer
from lading_runtime.client.connecting import NotReached
from lading_runtime.client.errors import (
    ConnectionFailed,
    ConnectionLost,
    DeadlineExceeded,
    Failure,
    UnexpectedAnswer,
)
from lading_runtime.client.pool import POOL
from lading_runtime.client.waiting import Pause, Ready, Steps

UNREACHED_SECONDS = 1.0
"""How long a gateway that nobody listens for is waited for: it may be starting again."""
_READ_BYTES = 256 * 1024
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 1.0


class Call(NamedTuple):
    """What is asked. `seconds` is how long it may take, `latest` the monotonic end of all."""

    service: str
    address: Address
    request: tuple[bytes, ...]
    seconds: Optional[float]
    latest: Optional[float]
    idempotent: bool
    request_id: Optional[str]

    def until(self) -> Optional[float]:
        """The monotonic moment by which it must be over, when it begins now."""
        own = None if self.seconds is None else time.monotonic() + self.seconds
        ends = [x for x in (own, self.latest) if x is not None]
        return min(ends) if ends else None

    def failure(self, detail: str) -> Failure:
        """Of this call, where no answer tells more."""
        return Failure(self.service, detail, request_id=self.request_id)


class _NotDeliveredError(Exception):
    """It cannot have begun. Its text says why."""


class Conversation:
    """A call under way. Use `begin` once, then `more` until it gives nothing; `close` in any case.

    `until` may be moved on between steps, for an answer that has no end in time.
    """

    def __init__(self, call: Call) -> None:
        self.answer = Answer()
        self.until = call.until()
        self._call = call
        self._connection: Optional[connecting.Connection] = None

    def begin(self) -> Steps[None]:
        """Have the answer's status and headers. Raises ServiceError."""
        patient_until = time.monotonic() + UNREACHED_SECONDS
        for seconds in _pauses():
            try:
                yield from self._ask()
            except (_NotDeliveredError, NotReached) as error:
                if not self._may_wait(seconds, patient_until):
                    raise ConnectionFailed(self._call.failure(str(error))) from None
            except ConnectionLost:
                if not (self._call.idempotent and self._may_wait(seconds)):
                    raise
            else:
                if not (self._not_started() and self._may_wait(seconds)):
                    return
            self.close()
            yield Pause(seconds)

    def more(self) -> Steps[bytes]:
        """The next piece of the body; empty at its end. Raises ServiceError."""
        while True:
            piece = self.answer.take()
            if piece or self.answer.whole:
                return piece
            yield from self._receive()

    def rest(self) -> Steps[bytes]:
        """All of the body that is left; the connection is given back."""
        pieces = []
        while piece := (yield from self.more()):
            pieces.append(piece)
        self.close()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Keep the connection where it can be used again, else close it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self.answer.whole and self.answer.keep and connection.sent:
            POOL.keep(self._call.address, connection.socket)
        else:
            connection.socket.close()

    def _ask(self) -> Steps[None]:
        self.answer = Answer()
        kept = POOL.take(self._call.address)
        if kept is None:
            opened = yield from connecting.connect(self._call.address, self.until)
            self._connection = connecting.Connection(opened)
        else:
            self._connection = connecting.Connection(kept)
        yield from self._send(self._connection)
        while not self.answer.head:
            yield from self._receive()

    def _send(self, connection: connecting.Connection) -> Steps[None]:
        """An answer that comes before all is sent is a refusal, and ends the sending."""
        for piece in self._call.request:
            left = memoryview(piece)
            while left:
                try:
                    left = left[connection.socket.send(left) :]
                    continue
                except BlockingIOError:
                    yield from self._ready(write=True)
                    why, said = "closed by the other side", connection.said()
                except OSError as error:
                    why, said = str(error), connection.said() or b""
                if said:
                    return
                if said is not None:
                    raise _NotDeliveredError(f"the connection was lost while sending: {why}")
        connection.sent = True

    def _receive(self) -> Steps[None]:
        connection = self._connection
        assert connection is not None, "begin comes first, close last"
        while True:
            yield from self._ready()
            try:
                data = connection.socket.recv(_READ_BYTES)
                break
            except BlockingIOError:
                continue
            except OSError as error:
                self._lost(connection, str(error))
        if data:
            try:
                self.answer.feed(data)
            except BrokenAnswer as error:
                detail = f"what came is not HTTP/1.1: {error}"
                raise UnexpectedAnswer(self._call.failure(detail)) from None
        elif not self.answer.end():
            self._lost(connection, "closed by the other side")

    def _ready(self, write: bool = False) -> Steps[None]:
        assert self._connection is not None, "begin comes first, close last"
        until = self.until
        in_time = until is None or time.monotonic() < until
        if not in_time or not (yield Ready(self._connection.socket.fileno(), write, until)):
            raise DeadlineExceeded(self._call.failure(self._too_late()))

    def _lost(self, connection: connecting.Connection, why: str) -> NoReturn:
        if not connection.sent and not self.answer.begun:
            raise _NotDeliveredError(f"the connection was lost while sending: {why}")
        part = "within its answer" if self.answer.begun else "before it answered"
        raise ConnectionLost(self._call.failure(f"the connection was lost {part}: {why}"))

    def _too_late(self) -> str:
        seconds, latest = self._call.seconds, self._call.latest
        if latest is not None and latest == self.until:
            return "no answer by the deadline of the request that is being answered"
        return f"no answer within {seconds:g} seconds"

    def _not_started(self) -> bool:
        answer = self.answer
        return answer.status in (429, 503) and answer.headers.get("x-lading-not-started") == "1"

    def _may_wait(self, seconds: float, patient_until: Optional[float] = None) -> bool:
        """Whether time allows a pause, and as long again for the attempt that follows."""
        then = time.monotonic() + 2 * seconds
        return all(x is None or then < x for x in (self.until, patient_until))


def predict(call: Call) -> Steps[object]:
    """The result. Raises ServiceError."""
    conversation = Conversation(call)
    try:
        yield from conversation.begin()
        body = yield from conversation.rest()
        return results.result(call.service, conversation.answer, body)
    finally:
        conversation.close()


def _pauses() -> Iterator[float]:
    """Seconds between attempts: doubled each time, and at random, so that callers spread."""
    longest = _FIRST_PAUSE_SECONDS
    while True:
        yield longest * (0.5 + random.random() / 2)
        longest = min(longest * 2, _LONGEST_PAUSE_SECONDS)
