"""One client's connection: answers in the order of the requests, within time limits."""

from __future__ import annotations

import asyncio
from typing import Optional, Union, cast

from .application import Application
from .configuration import Limits
from .incoming import Incoming, Phase
from .messages import CONTINUE, Request, Response, encode
from .problem import Problem

_LINGER_CLOSE_SECONDS = 2.0


class Connection(asyncio.Protocol):
    """Reads on only while nothing waits for an answer, so that a client cannot pile up work.

    A client that closes, its sending half included, is gone: what it waited for is given up.
    """

    def __init__(self, application: Application, limits: Limits, all_: set[Connection]) -> None:
        self._application = application
        self._limits = limits
        self._all = all_
        self._loop = asyncio.get_running_loop()
        self._incoming = Incoming(limits)
        self._transport: asyncio.Transport = None  # type: ignore[assignment]
        self._task: Optional[asyncio.Task[None]] = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._reading = True
        self._discarding = False
        self._draining = False
        self._moment: object = None
        self._deadline: Optional[float] = None

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return self._task is not None or self._incoming.phase is not Phase.BETWEEN

    def drain(self) -> None:
        """Answer what came and what still comes, and close after it."""
        self._draining = True

    def close_if_idle(self) -> None:
        if not self.busy and not self._discarding:
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def expire(self, now: float) -> None:
        """Called about once a second: ends what took too long."""
        if self._deadline is None or now < self._deadline:
            return
        if self._discarding or not self._writable.is_set():
            self._transport.abort()
        elif self._incoming.phase is Phase.BETWEEN:
            self._transport.close()
        else:
            part = "headers" if self._incoming.phase is Phase.HEAD else "body"
            detail = f"the request's {part} did not arrive in time"
            self._incoming.refuse(Problem("request_timeout", detail))
            self._advance()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._all.add(self)
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        if self._discarding:
            return
        self._incoming.feed(data)
        self._advance()

    def connection_lost(self, error: Optional[Exception]) -> None:
        self._all.discard(self)
        self._writable.set()
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()
        self._deadline = self._loop.time() + self._limits.body_seconds

    def resume_writing(self) -> None:
        self._writable.set()
        self._set_deadline()

    def _advance(self) -> None:
        incoming = self._incoming
        piled_up = bool(incoming.ready)
        if self._task is None and incoming.ready:
            self._task = self._loop.create_task(self._answer_all())
            piled_up = len(incoming.ready) > 1
        elif self._task is None and incoming.wants_continue:
            incoming.wants_continue = False
            self._transport.write(CONTINUE)
        if piled_up and self._reading:
            self._reading = False
            self._transport.pause_reading()
        self._set_deadline()

    def _set_deadline(self) -> None:
        incoming = self._incoming
        moment = (incoming.serial, incoming.phase, self._task is None)
        if moment == self._moment or not self._writable.is_set():
            return
        self._moment = moment
        if self._task is not None and incoming.phase is Phase.BETWEEN:
            self._deadline = None
            return
        seconds = {
            Phase.BETWEEN: self._limits.idle_seconds,
            Phase.HEAD: self._limits.head_seconds,
            Phase.BODY: self._limits.body_seconds,
        }[incoming.phase]
        self._deadline = self._loop.time() + seconds

    async def _answer_all(self) -> None:
        ready = self._incoming.ready
        while ready:
            if not await self._answer(ready.popleft()):
                return
            await self._writable.wait()
        self._task = None
        if self._transport.is_closing():
            return
        if not self._reading:
            self._reading = True
            self._transport.resume_reading()
        self._advance()

    async def _answer(self, item: Union[Request, Problem]) -> bool:
        """Whether the connection goes on."""
        if isinstance(item, Problem):
            response = self._application.refusal(item, None)
            self._transport.write(encode(response, close=True, head_only=False, version="1.1"))
            self._linger()
            return False
        response = await self._respond(item)
        more = self._incoming.ready or self._incoming.phase is not Phase.BETWEEN
        close = not item.keep_alive or (self._draining and not more)
        self._transport.write(
            encode(response, close=close, head_only=item.method == "HEAD", version=item.version)
        )
        if close:
            self._transport.close()
        return not close

    async def _respond(self, request: Request) -> Response:
        try:
            return await self._application.answer(request)
        except Exception as error:
            return self._application.broken(error)

    def _linger(self) -> None:
        """Close only once the client has read the answer: unread input would reset it."""
        self._discarding = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        if not self._reading:
            self._reading = True
            self._transport.resume_reading()
        self._deadline = self._loop.time() + _LINGER_CLOSE_SECONDS
