"""Bytes in, requests out: HTTP/1.1 parsed within limits."""

from __future__ import annotations

import enum
from collections import deque
from typing import Optional, Union

import httptools

from .. import descriptors, shared
from ..call import Body
from ..configuration import Limits
from ..exchange import Request
from ..problem import Problem
from ..shared import Shared

_TRAILING_BYTES = 64 * 1024
_BYTES_PER_BODY_BYTE = 8
_KNOWN = {
    name.encode(): name.lower()
    for name in ("Host", "Content-Type", "Content-Length", "Accept", "User-Agent", "Connection")
}
"""The usual headers in their usual spelling; every other is decoded."""
_METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST")}
_SPECIAL = frozenset(("transfer-encoding", "expect"))


class Phase(enum.Enum):
    """Where in a request the last byte was."""

    BETWEEN = 0
    HEAD = 1
    BODY = 2


class Incoming:
    """Requests of one connection, in order. Nothing is read past a request that was refused."""

    def __init__(self, limits: Limits) -> None:
        self.ready: deque[Union[Request, Problem]] = deque()
        self.phase = Phase.BETWEEN
        self.serial = 0
        """Counts requests begun."""
        self.finished = False
        """No further request of this connection will be read."""
        self.wants_continue = False
        """The client waits for a 100 before it sends the body."""
        self._limits = limits
        self._chunks: list[bytes] = []
        self._parcel: Optional[Shared] = None
        self._length = 0
        """Of the body, where the headers tell it."""
        self._left = 0
        """Of a body that goes past the parser."""
        self._headers: dict[str, str] = {}
        self._method = self._version = ""
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: Body) -> None:
        """Appends what became whole, or a Problem, to `ready`. `data` is not kept."""
        if self._left:
            data = self._take_rest(data)
        if self.finished or not data:
            return
        serial, phase = self.serial, self.phase
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(bytes(data[upgrade.args[0] :]))
        except httptools.HttpParserCallbackError:
            raise
        except httptools.HttpParserError as error:
            self.refuse(Problem("malformed_http", f"the request is not HTTP/1.1: {error}"))
        if self.phase is Phase.BETWEEN:
            return
        if self._parcel is not None and not self.finished:
            self._left = self._length - self._body_bytes if self._length else 0
        # What lay before a request in the same bytes is not counted against it.
        alone = phase is Phase.BETWEEN and self.serial == serial + 1
        if alone or (self.serial, self.phase) == (serial, phase):
            self._bound(len(data))

    def refuse(self, problem: Problem) -> None:
        """Answer with a problem, after what came before it, and read nothing more."""
        if not self.finished:
            self.finished = True
            self.wants_continue = False
            self._left = 0
            self._parcel = None
            self.ready.append(problem)

    def close(self) -> None:
        """Let go of what came; the parser and this hold one another, until somebody looks."""
        self.finished = True
        self.ready.clear()
        self._chunks.clear()
        self._left = 0
        self._parcel = None
        del self._parser

    # What httptools calls. An exception here would be our defect, never the client's.

    def on_message_begin(self) -> None:
        self.serial += 1
        self.phase = Phase.HEAD
        self._target = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._chunks = []
        self._parcel = None
        self._body_bytes = self._raw_bytes = 0
        self._upgrading = False

    def on_url(self, url: bytes) -> None:
        self._target += url
        if len(self._target) > self._limits.target_bytes:
            most = self._limits.target_bytes
            self.refuse(Problem("uri_too_long", f"the request target is over {most} bytes"))

    def on_header(self, name: bytes, value: bytes) -> None:
        # Bounded by what is fed at once, and by `_bound`; looked at when all are there.
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        if self.finished:
            return
        self.phase = Phase.BODY
        parser = self._parser
        self._version = parser.get_http_version()
        method = parser.get_method()
        self._method = _METHODS.get(method) or method.decode("latin-1")
        self._upgrading = parser.should_upgrade() and method != b"CONNECT"
        problem = self._read_head()
        if problem is not None:
            self.refuse(problem)

    def on_body(self, data: bytes) -> None:
        if self.finished:
            return
        self.wants_continue = False
        self._body_bytes += len(data)
        if self._body_bytes > self._limits.body_bytes:
            self._chunks.clear()
            self._parcel = None
            self.refuse(self._too_large())
        elif self._parcel is None and self._body_bytes < shared.FROM_BYTES:
            self._chunks.append(data)
        else:
            self._take(data)

    def on_message_complete(self) -> None:
        if self.finished or self._upgrading:
            # A trailer may make a request too large; it was read with the headers.
            return
        self._complete()

    def _take_rest(self, data: Body) -> Body:
        """A large body whose length is known goes past the parser; what follows it is given back.

        The parser would make a copy of every piece.
        """
        taken = memoryview(data)[: self._left]
        self._left -= len(taken)
        self._body_bytes += len(taken)
        parcel = self._parcel
        assert parcel is not None
        try:
            parcel.write(taken)
        except OSError:
            self._refuse_for_want_of_memory()
            return b""
        if not self._left:
            self._complete()
            self._parser = httptools.HttpRequestParser(self)
        return data[len(taken) :]

    def _complete(self) -> None:
        keep_alive = self._parser.should_keep_alive()
        chunks = self._chunks
        body: Union[bytes, Shared]
        if self._parcel is not None:
            body, self._parcel = self._parcel, None
        else:
            body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self.phase = Phase.BETWEEN
        self.wants_continue = False
        self.finished = not keep_alive
        target = self._target.decode("latin-1")
        self.ready.append(
            Request(self._method, target, self._headers, body, self._version, keep_alive)
        )

    def _take(self, data: bytes) -> None:
        """A body that grows large goes into shared memory as it comes, and is not kept here."""
        self._chunks.append(data)
        if self._parcel is None:
            self._parcel = _parcel()
        if self._parcel is None:
            return
        try:
            for piece in self._chunks:
                self._parcel.write(piece)
        except OSError:
            self._refuse_for_want_of_memory()
        self._chunks.clear()

    def _refuse_for_want_of_memory(self) -> None:
        self._parcel = None
        self._left = 0
        self.refuse(Problem("body_too_large", "there is no memory for a body of this size"))

    def _bound(self, received: int) -> None:
        """Bounds what the parser itself holds back: a header without end, chunks of nothing."""
        self._raw_bytes += received
        if self.phase is Phase.HEAD:
            most = self._limits.head_bytes + self._limits.target_bytes
            if self._raw_bytes > most or len(self._fields) > self._limits.head_fields:
                self.refuse(self._head_too_large())
        elif (
            self.phase is Phase.BODY
            and self._raw_bytes > _BYTES_PER_BODY_BYTE * self._body_bytes + _TRAILING_BYTES
        ):
            self.refuse(Problem("malformed_http", "the body's chunks hold next to nothing"))

    def _ignore_upgrade(self, rest: bytes) -> None:
        """A server may ignore `Upgrade` (RFC 9110, 7.8); the parser would read no body then."""
        if self.finished or not self._upgrading:
            return
        self._upgrading = False
        headers = "".join(
            f"{name}: {value}\r\n"
            for name, value in self._headers.items()
            if name not in ("upgrade", "connection", "http2-settings")
        )
        head = f"{self._method} {self._target.decode('latin-1')} HTTP/1.1\r\n{headers}\r\n"
        self._parser = httptools.HttpRequestParser(self)
        self.feed(head.encode("latin-1") + rest)

    def _read_head(self) -> Optional[Problem]:
        """Makes `_headers` of what came; what is wrong with it."""
        headers: dict[str, str] = {}
        size = 0
        for name, value in self._fields:
            size += len(name) + len(value)
            key = _KNOWN.get(name) or name.decode("latin-1").lower()
            text = value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        self._headers = headers
        if len(self._fields) > self._limits.head_fields or size > self._limits.head_bytes:
            return self._head_too_large()
        if self._version not in ("1.0", "1.1"):
            return Problem("http_version_not_supported", "the server speaks HTTP/1.1")
        host = headers.get("host")
        if self._version == "1.1" and (host is None or "," in host):
            return Problem("malformed_http", "the request needs exactly one Host header")
        length = headers.get("content-length", "0")
        self._length = int(length) if length.isdigit() else 0
        if self._length > self._limits.body_bytes:
            return self._too_large()
        return None if headers.keys().isdisjoint(_SPECIAL) else self._special_problem()

    def _special_problem(self) -> Optional[Problem]:
        headers = self._headers
        if headers.get("transfer-encoding", "chunked").lower() != "chunked":
            return Problem("not_implemented", "the only transfer coding is chunked")
        if headers.get("expect", "100-continue").lower() != "100-continue":
            return Problem("expectation_failed", "the only expectation is 100-continue")
        self.wants_continue = "expect" in headers and self._version == "1.1"
        return None

    def _too_large(self) -> Problem:
        return Problem("body_too_large", f"the body is over {self._limits.body_bytes} bytes")

    def _head_too_large(self) -> Problem:
        limits = self._limits
        return Problem(
            "headers_too_large",
            f"the headers are over {limits.head_bytes} bytes or {limits.head_fields} fields",
        )


def _parcel() -> Optional[Shared]:
    """None where a body must go to the worker inline."""
    if not shared.AVAILABLE:
        return None
    try:
        parcel = shared.create()
    except OSError:
        return None
    return parcel if descriptors.leaves_enough(parcel.fd) else None
