"""The server's own socket, as the door's client: HTTP/1.1 on kept connections."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

import httptools

from .translation import Chunk


class Unreachable(Exception):  # noqa: N818 - what is the matter
    """The server does not answer: it has not begun, has ended, or dropped the connection."""


class Reply(NamedTuple):
    """A whole answer; names of headers are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Front:
    """Sends requests to one address, `unix:/path` or `host:port`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._idle: list[_Connection] = []

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], chunks: Sequence[Chunk] = ()
    ) -> Reply:
        """Raises Unreachable. Cancelled, it drops the connection, and with it the request."""
        connection = self._kept() or await self._connect()
        try:
            reply = await connection.ask(_head(method, path, headers, chunks), chunks)
        except BaseException:
            connection.abort()
            raise
        if connection.reusable:
            self._idle.append(connection)
        else:
            connection.abort()
        return reply

    def close(self) -> None:
        """Connections that nothing waits for."""
        for connection in self._idle:
            connection.abort()
        self._idle.clear()

    def _kept(self) -> Optional[_Connection]:
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable:
                return connection
        return None

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        kind, _, rest = self._address.partition(":")
        connection: Any
        try:
            if kind == "unix":
                _, connection = await loop.create_unix_connection(_Connection, rest)
            else:
                host, _, port = self._address.rpartition(":")
                host = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]"))
                _, connection = await loop.create_connection(_Connection, host, int(port))
        except OSError as error:
            raise Unreachable(f"the server cannot be reached: {error.strerror}") from error
        made: _Connection = connection
        return made


def _head(method: str, path: str, headers: Mapping[str, str], chunks: Sequence[Chunk]) -> bytes:
    length = sum(len(chunk) for chunk in chunks)
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    counted = f"content-length: {length}\r\n" if chunks else ""
    return f"{method} {path} HTTP/1.1\r\nhost: lading\r\n{fields}{counted}\r\n".encode("ascii")


class _Connection(asyncio.Protocol):
    """One request at a time. The parser calls what begins with `on_`."""

    def __init__(self) -> None:
        self._transport: Optional[asyncio.Transport] = None
        self._waiting: Optional[asyncio.Future[Reply]] = None
        self._begin()

    @property
    def reusable(self) -> bool:
        return self._transport is not None and not self._transport.is_closing() and self._keeps

    async def ask(self, head: bytes, chunks: Sequence[Chunk]) -> Reply:
        self._begin()
        if self._transport is None:
            raise Unreachable("the server closed the connection")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.writelines([head, *chunks])
        return await self._waiting

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._keeps = True

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, error: Optional[Exception]) -> None:
        self._transport = None
        self._fail("the server closed the connection before it answered")

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"the server's answer is not HTTP: {error}")
            self.abort()

    def _fail(self, why: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Unreachable(why))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, data: bytes) -> None:
        self._body.append(data)

    def on_message_complete(self) -> None:
        self._keeps = self._parser.should_keep_alive()
        status, body = self._parser.get_status_code(), b"".join(self._body)
        if self._waiting is not None and not self._waiting.done() and status >= 200:
            self._waiting.set_result(Reply(status, self._headers, body))
