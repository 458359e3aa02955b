"""Carries connections between UNIX sockets and a container's own loopback.

A server of another language listens on a port of 127.0.0.1, in a container without any network; the
gateway reaches it, and it reaches the gateway, by sockets in mounted folders. The bridge joins the
two, byte for byte: `--socket` leads to `--port`, and `--gateway-port` leads to `--gateway`. It runs
in the container's network namespace, from a second container or from the machine; or it starts the
server itself, whose end is then its own. As long as nobody listens on the port, it answers in the
server's place that nothing was begun, so that the gateway tries again. Uses the standard library
alone, on every Python from 3.9.
"""

# ruff: noqa: PTH101, PTH108, PTH116
from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"
"""What `localhost` is to some programs, Node.js among them."""
_BACKLOG = 1024
_FAILED = 1
_LINGER_SECONDS = 2.0
_PROBLEM = (
    b'{"type":"urn:lading:problem:not_ready","title":"Not ready","status":503,"code":"not_ready",'
    b'"detail":"nothing listens on the port of lading.yaml"}'
)
NOT_STARTED = b"\r\n".join(
    (
        b"HTTP/1.1 503 Service Unavailable",
        b"content-type: application/problem+json",
        b"content-length: %d" % len(_PROBLEM),
        b"retry-after: 1",
        b"x-lading-not-started: 1",
        b"connection: close",
        b"",
        _PROBLEM,
    )
)
"""The answer in the place of a server that does not listen, whatever was asked."""

Connect = Callable[[Callable[[], "End"]], Awaitable["tuple[asyncio.BaseTransport, End]"]]
"""Opens a connection for an `End`. Raises OSError."""


class End(asyncio.Protocol):
    """One of a pair of connections: what arrives here is written there.

    Reads no faster than the other can be written to, and carries a half-close as such.
    """

    def __init__(self, begun: Callable[[End], None], other: End | None = None) -> None:
        self._begun = begun
        self._other = other
        self._transport: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._ended = False
        self._lost = False
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._begun(self)

    def meet(self, other: End) -> None:
        """From here on there is another end; what came before is passed on to it."""
        self._other = other
        if self._lost:
            other.close()
            return
        for data in self._early:
            other.write(data)
        self._early.clear()
        if self._ended:
            other.finish()
        self.resume_reading()

    def refuse(self, answer: bytes) -> None:
        """There is no other end: say so, and what is read from now on goes nowhere.

        Closed only when this end was, or after a while: closing with something unread would take
        the answer away again.
        """
        self._refused = True
        if not answer or self._ended:
            self.write(answer)
            self.close()
            return
        self.write(answer)
        self.finish()
        self.resume_reading()
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, self.close)

    def data_received(self, data: bytes) -> None:
        if self._other is not None:
            self._other.write(data)
        elif not self._refused:
            self._early.append(data)
            self._pause()

    def eof_received(self) -> bool:
        self._ended = True
        if self._other is not None:
            self._other.finish()
        return not self._refused  # stays open for what comes the other way

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        if self._other is None:
            return
        if exc is None:
            self._other.close()
        else:
            self._other.abort()

    def pause_writing(self) -> None:
        if self._other is not None:
            self._other._pause()

    def resume_writing(self) -> None:
        if self._other is not None:
            self._other.resume_reading()

    def resume_reading(self) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

    def write(self, data: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def finish(self) -> None:
        """Nothing more will be written; the last of two that have ended closes both."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._ended and self._other is not None:
            transport.close()
            self._other.close()
        else:
            transport.write_eof()

    def close(self) -> None:
        """Once what was written has left."""
        if self._transport:
            self._transport.close()

    def abort(self) -> None:
        if self._transport:
            self._transport.abort()

    def _pause(self) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.pause_reading()


class Relay:
    """A listening socket of which every connection is led on by `connect`.

    Where that leads to nobody, `otherwise` is the answer; none closes the connection at once.
    """

    def __init__(self, listener: socket.socket, connect: Connect, otherwise: bytes = b"") -> None:
        self._listener = listener
        self._connect = connect
        self._otherwise = otherwise
        self._under_way: set[asyncio.Task[None]] = set()

    async def start(self) -> asyncio.AbstractServer:
        loop = asyncio.get_running_loop()
        if self._listener.family == socket.AF_UNIX:
            return await loop.create_unix_server(self._accepted, sock=self._listener)
        return await loop.create_server(self._accepted, sock=self._listener)

    def _accepted(self) -> End:
        return End(self._begun)

    def _begun(self, end: End) -> None:
        task = asyncio.get_running_loop().create_task(self._lead_on(end))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _lead_on(self, end: End) -> None:
        try:
            await self._connect(lambda: End(end.meet, end))
        except OSError:
            end.refuse(self._otherwise)


def to_port(port: int) -> Connect:
    """Connects to a port of the loopback, of either family."""

    async def connect(factory: Callable[[], End]) -> tuple[asyncio.BaseTransport, End]:
        loop = asyncio.get_running_loop()
        try:
            return await loop.create_connection(factory, LOOPBACK, port)
        except OSError:
            return await loop.create_connection(factory, LOOPBACK_6, port)

    return connect


def to_socket(path: str) -> Connect:
    """Connects to a UNIX socket."""

    async def connect(factory: Callable[[], End]) -> tuple[asyncio.BaseTransport, End]:
        return await asyncio.get_running_loop().create_unix_connection(factory, path)

    return connect


class ListenError(Exception):
    """An address cannot be listened on; the message names it and says why."""


class StartError(Exception):
    """The server cannot be started; the message says why."""


def listen_on_socket(path: str) -> socket.socket:
    """A UNIX socket that everybody may connect to who reaches its folder. Raises ListenError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # left behind by one that was killed
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        os.chmod(path, 0o666)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ListenError(f"cannot listen on {path}: {error.strerror or error}") from error
    return listener


def listen_on_port(port: int) -> socket.socket:
    """A socket of the loopback. Raises ListenError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ListenError(f"cannot listen on {LOOPBACK}:{port}: {error.strerror}") from error
    return listener


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry until SIGTERM, until the lifeline closes, or until the server it started has ended.

    1 when it cannot begin; else the server's exit code, 128 + n when signal n ended it.
    """
    options = _parse(arguments)
    try:
        return asyncio.run(_carry(options))
    except (ListenError, StartError) as error:
        sys.stderr.write(f"lading bridge: {error}\n")
        return _FAILED


async def _carry(options: argparse.Namespace) -> int:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if options.lifeline is not None:
        loop.add_reader(options.lifeline, over.set)  # nobody writes to it: readable is closed
    servers = [await relay.start() for relay in _relays(options)]
    own = os.stat(options.socket).st_ino
    if options.ready is not None:
        os.write(options.ready, b"%d" % os.getpid())
        os.close(options.ready)
    code = await _beside(options.server, over) if options.server else 0
    await over.wait()
    if options.lifeline is not None:
        loop.remove_reader(options.lifeline)
    for server in servers:
        server.close()
    with contextlib.suppress(FileNotFoundError):
        # The next one of this path may have come already.
        if os.stat(options.socket).st_ino == own:
            os.unlink(options.socket)
    return code


async def _beside(command: Sequence[str], over: asyncio.Event) -> int:
    """Run the server to its end, for which it is asked once `over` is set; its exit code."""
    try:
        server = await asyncio.create_subprocess_exec(*command)
    except OSError as error:
        raise StartError(f"cannot start {command[0]}: {error.strerror or error}") from error
    ended = asyncio.ensure_future(server.wait())
    asked = asyncio.ensure_future(over.wait())
    await asyncio.wait((ended, asked), return_when=asyncio.FIRST_COMPLETED)
    if not ended.done():
        server.terminate()
    code = await ended
    over.set()
    return code if code >= 0 else 128 - code


def _relays(options: argparse.Namespace) -> list[Relay]:
    """The way in comes last: when it is there, all is."""
    relays = []
    if options.gateway:
        relays.append(Relay(listen_on_port(options.gateway_port), to_socket(options.gateway)))
    relays.append(Relay(listen_on_socket(options.socket), to_port(options.port), NOT_STARTED))
    return relays


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lading_runtime.bridge")
    parser.add_argument("--socket", required=True, help="where the server is to be reached")
    parser.add_argument("--port", type=int, required=True, help="where the server listens")
    parser.add_argument("--gateway", help="socket of the gateway")
    parser.add_argument("--gateway-port", type=int, default=7878, help="where it is to be reached")
    parser.add_argument("--lifeline", type=int, help="read end of a pipe: ends when it closes")
    parser.add_argument(
        "--ready", type=int, help="write end of a pipe: told its pid once it carries"
    )
    parser.add_argument("server", nargs="*", help="after --: the server, to be started beside it")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
