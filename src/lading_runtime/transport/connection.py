"""One client's connection: answers in the order of the requests, within time limits."""

from __future__ import annotations

import asyncio
import os
from typing import Optional, Protocol, cast

from ..configuration import Limits
from ..exchange import Exchange, Request, Response, Ticket
from ..problem import Problem
from .incoming import Incoming, Phase
from .writing import CONTINUE, LAST_CHUNK, Heads, chunk

_LINGER_CLOSE_SECONDS = 2.0
_BUFFER_BYTES = 256 * 1024
_CLOSE = b"connection: close\r\n"
_KEEP = b"connection: keep-alive\r\n"
_CHUNKED = b"transfer-encoding: chunked\r\n"


class Answerer(Protocol):
    """What is behind every connection."""

    def handle(self, request: Request, exchange: Exchange) -> Optional[Ticket]: ...

    def refusal(self, problem: Problem) -> Response: ...


class Common:
    """What all connections of a server share."""

    def __init__(self) -> None:
        self.heads = Heads()
        self.connections: set[Connection] = set()
        self.buffer = memoryview(bytearray(_BUFFER_BYTES))
        """Where what comes is read to; nothing of it is kept there past a call."""


class Connection(asyncio.BufferedProtocol):
    """Reads on only while nothing waits for an answer, so that a client cannot pile up work.

    A client that closes, its sending half included, is gone: what it waited for is given up.
    It is the exchange of the one request that is under way.
    """

    def __init__(self, answerer: Answerer, limits: Limits, common: Common) -> None:
        self._answerer = answerer
        self._limits = limits
        self._heads = common.heads
        self._buffer = common.buffer
        self._all = common.connections
        self._incoming = Incoming(limits)
        self._transport: asyncio.Transport = None  # type: ignore[assignment]
        self._descriptor = -1
        self._request: Optional[Request] = None
        self._ticket: Optional[Ticket] = None
        self._advancing = False
        self._writable = True
        self._chunked = False
        self._reading = True
        self._discarding = False
        self._draining = False
        self._moment: object = None
        self._since = 0.0

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return self._request is not None or self._incoming.phase is not Phase.BETWEEN

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
        incoming = self._incoming
        waits = self._request is None
        # A client that reads is not late, however slowly it does.
        unread = 0 if self._writable else self._transport.get_write_buffer_size()
        owed = self._reading and not incoming.wants_continue
        moment = (incoming.serial, incoming.phase, waits, unread, self._discarding, owed)
        if moment != self._moment:
            self._moment, self._since = moment, now
            return
        passed = now - self._since
        if self._discarding:
            late = passed > _LINGER_CLOSE_SECONDS
        elif not self._writable:
            late = passed > self._limits.body_seconds
        else:
            late = owed and passed > self._patience_seconds()
        if late:
            self._end_late()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._descriptor = transport.get_extra_info("socket").fileno()
        self._all.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if not self._discarding:
            self._incoming.feed(self._buffer[:nbytes])
            self._advance()

    def connection_lost(self, error: Optional[Exception]) -> None:
        self._all.discard(self)
        self._incoming.close()
        if self._ticket is not None:
            self._ticket.abandon()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        if self._request is None:
            self._advance()
        elif self._ticket is not None:
            self._ticket.resume()

    # The exchange of the request that is under way.

    def answer(self, response: Response) -> None:
        request = self._request
        if request is None or self._transport.is_closing():
            return
        close, ending = self._ending(request)
        head = self._heads.whole(response, ending)
        if request.method == "HEAD":
            self._write(head)
        elif isinstance(response.body, bytes):
            self._write(head + response.body)
        else:
            self._transport.writelines([head, response.body])
        self._over(close=close)

    def _write(self, data: bytes) -> None:
        """At once, past the event loop, which would send only when all of its turn is done.

        The first clients of a batch have their answers while those of the others are still made.
        """
        sent = 0
        if not self._transport.get_write_buffer_size():
            try:
                sent = os.write(self._descriptor, data)
            except BlockingIOError:
                sent = 0
            except OSError:  # the transport finds out by itself
                return
        if sent < len(data):
            self._transport.write(data[sent:])

    def begin(self, response: Response) -> None:
        request = self._request
        if request is None or self._transport.is_closing():
            return
        self._chunked = request.version == "1.1"
        if self._chunked:
            ending = self._ending(request)[1] + _CHUNKED
        else:
            ending = _CLOSE  # the end of the connection is the end of the stream
        self._transport.write(self._heads.stream(response, ending))

    def send(self, data: bytes) -> bool:
        if not self._transport.is_closing():
            self._transport.write(chunk(data) if self._chunked else data)
        return self._writable

    def end(self) -> None:
        request = self._request
        if request is None or self._transport.is_closing():
            return
        if self._chunked:
            self._transport.write(LAST_CHUNK)
        close, _ = self._ending(request)
        self._over(close=close or not self._chunked)

    def _ending(self, request: Request) -> tuple[bool, bytes]:
        """Whether the connection closes after this, and the header that says so."""
        more = self._incoming.ready or self._incoming.phase is not Phase.BETWEEN
        if not request.keep_alive or (self._draining and not more):
            return True, _CLOSE
        return False, b"" if request.version == "1.1" else _KEEP

    def _over(self, *, close: bool) -> None:
        self._request = self._ticket = None
        if close:
            self._transport.close()
        elif not self._advancing:
            incoming = self._incoming
            if incoming.ready or incoming.wants_continue or not self._reading:
                self._advance()

    def _advance(self) -> None:
        """Take the next requests, as long as each is answered at once."""
        incoming = self._incoming
        self._advancing = True
        while incoming.ready and self._request is None and self._writable:
            if self._transport.is_closing() or self._discarding:
                break
            item = incoming.ready.popleft()
            if isinstance(item, Problem):
                self._refuse(item)
                break
            self._request = item
            ticket = self._answerer.handle(item, self)
            if self._request is item:
                self._ticket = ticket
        self._advancing = False
        if incoming.wants_continue and self._request is None:
            incoming.wants_continue = False
            self._transport.write(CONTINUE)
        self._read_on(not incoming.ready or self._discarding)

    def _read_on(self, reading: bool) -> None:
        if reading is self._reading or self._transport.is_closing():
            return
        self._reading = reading
        if reading:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _refuse(self, problem: Problem) -> None:
        """Answer, and close only once the client has read it: unread input would reset it."""
        response = self._answerer.refusal(problem)
        self._transport.write(self._heads.whole(response, _CLOSE) + bytes(response.body))
        self._discarding = True
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _patience_seconds(self) -> float:
        phase = self._incoming.phase
        if phase is Phase.HEAD:
            return self._limits.head_seconds
        if phase is Phase.BODY:
            return self._limits.body_seconds
        return self._limits.idle_seconds if self._request is None else float("inf")

    def _end_late(self) -> None:
        incoming = self._incoming
        if self._discarding or not self._writable:
            self._transport.abort()
        elif incoming.phase is Phase.BETWEEN:
            self._transport.close()
        else:
            part = "headers" if incoming.phase is Phase.HEAD else "body"
            detail = f"the request's {part} did not arrive in time"
            incoming.refuse(Problem("request_timeout", detail))
            self._advance()
