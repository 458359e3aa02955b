"""Carries connections between UNIX sockets and a container's own loopback.

A server of another language listens on a port of 127.0.0.1, in a container without any network; the
gateway reaches it, and it reaches the gateway, by sockets in mounted folders. The bridge joins the
two, byte for byte: `--socket` leads to `--port`, and `--gateway-port` leads to `--gateway`. It runs
in the container's network namespace, from a second container or from the machine; or it starts the
server itself, whose end is then its own. As long as nobody listens on the port, or `--health` is
not answered with 200, it answers in the server's place that nothing was begun, so that the gateway
tries again. Uses the standard library alone, on every Python from 3.9.
"""

# ruff: noqa: PTH101, PTH108, PTH116
from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
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
_HEALTHY_SECONDS = 1.0
_UNHEALTHY_SECONDS = 0.25
_NOBODY_SECONDS = 0.05
"""Between two questions; where nobody listens, nobody is troubled by one."""
_ANSWER_SECONDS = 2.0
_SILENT_MOST = 2
_ASKED = b"GET /.lading/ready "
"""How a request begins that asks the bridge itself whether the server can answer."""
_READY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


def not_started(why: str) -> bytes:
    """The answer in the place of a server that cannot give one, whatever was asked."""
    problem = {"type": "urn:lading:problem:not_ready", "title": "Not ready", "status": 503}
    body = json.dumps({**problem, "code": "not_ready", "detail": why}).encode()
    return (
        b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n"
        b"content-length: %d\r\nretry-after: 1\r\nx-lading-not-started: 1\r\n"
        b"connection: close\r\n\r\n%s" % (len(body), body)
    )


NOT_STARTED = not_started("nothing listens on the port of lading.yaml")

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
        if self._other:
            self._other._pause()

    def resume_writing(self) -> None:
        if self._other:
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


class Heard(End):
    """One that begins with the first bytes it reads."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        begins = self._other is None and not self._refused and not self._early
        super().data_received(data)
        if begins:
            self._begun(self)

    def eof_received(self) -> bool:
        return super().eof_received() and bool(self._early or self._other)


class Health:
    """Whether the server says that it can answer, asked over and over."""

    def __init__(self, port: int, path: str) -> None:
        self._port, self._path, self._silent = port, path, 0
        self.why_not = f"nothing listens on port {port}"
        """Empty where it can."""

    async def keep_asking(self) -> None:
        while True:
            await asyncio.sleep(await self._once())

    async def _once(self) -> float:
        try:
            status = await asyncio.wait_for(self._ask(), _ANSWER_SECONDS)
        except ConnectionRefusedError:
            self.why_not = f"nothing listens on port {self._port}"
            return _NOBODY_SECONDS
        except (asyncio.TimeoutError, OSError, ValueError, IndexError) as error:
            how = "within 2 s" if isinstance(error, asyncio.TimeoutError) else "with HTTP"
            self._silent += 1
            if self.why_not or self._silent >= _SILENT_MOST:
                self.why_not = f"{self._path} is not answered {how}"
        else:
            self._silent = 0
            self.why_not = "" if status == 200 else f"{self._path} is answered with {status}"
        return _UNHEALTHY_SECONDS if self.why_not else _HEALTHY_SECONDS

    async def _ask(self) -> int:
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self._port)
        except OSError:
            reader, writer = await asyncio.open_connection(LOOPBACK_6, self._port)
        try:
            request = f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            writer.write(request.encode())
            return int((await reader.readline()).split()[1])
        finally:
            writer.close()


class Relay:
    """A listening socket of which every connection is led on by `connect`.

    Where that leads to nobody, `otherwise` is the answer; none closes the connection at once. With
    a `health`, none is led on to a server that cannot answer.
    """

    def __init__(self, listener: socket.socket, connect: Connect, otherwise: bytes = b"") -> None:
        self._listener = listener
        self._connect = connect
        self._otherwise = otherwise
        self.health: Health | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def start(self) -> asyncio.AbstractServer:
        loop = asyncio.get_running_loop()
        if self._listener.family == socket.AF_UNIX:
            return await loop.create_unix_server(self._accepted, sock=self._listener)
        return await loop.create_server(self._accepted, sock=self._listener)

    def _accepted(self) -> End:
        return Heard(self._begun) if self.health else End(self._begun)

    def _begun(self, end: End) -> None:
        if self.health and self.health.why_not:
            end.refuse(not_started(self.health.why_not))
        elif isinstance(end, Heard) and end._early[0].startswith(_ASKED):
            end.refuse(_READY)
        else:
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
    return lambda factory: asyncio.get_running_loop().create_unix_connection(factory, path)


class BeginError(Exception):
    """An address cannot be listened on, or the server not be started; the message says which."""


def listen_on_socket(path: str) -> socket.socket:
    """A UNIX socket that everybody may connect to who reaches its folder. Raises BeginError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # left behind by one that was killed
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        os.chmod(path, 0o666)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise BeginError(f"cannot listen on {path}: {error.strerror or error}") from error
    return listener


def listen_on_port(port: int) -> socket.socket:
    """A socket of the loopback. Raises BeginError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise BeginError(f"cannot listen on {LOOPBACK}:{port}: {error.strerror}") from error
    return listener


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry until SIGTERM, until the lifeline closes, or until the server it started has ended.

    1 when it cannot begin; else the server's exit code, 128 + n when signal n ended it.
    """
    options = _parse(arguments)
    try:
        return asyncio.run(_carry(options))
    except BeginError as error:
        sys.stderr.write(f"lading bridge: {error}\n")
        return _FAILED


async def _carry(options: argparse.Namespace) -> int:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if options.lifeline is not None:
        loop.add_reader(options.lifeline, over.set)  # nobody writes to it: readable is closed
    health = Health(options.port, options.health) if options.health else None
    servers = [await relay.start() for relay in _relays(options, health)]
    asking = loop.create_task(health.keep_asking()) if health else None
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
    if asking:
        asking.cancel()
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
        raise BeginError(f"cannot start {command[0]}: {error.strerror or error}") from error
    ended = asyncio.ensure_future(server.wait())
    asked = asyncio.ensure_future(over.wait())
    await asyncio.wait((ended, asked), return_when=asyncio.FIRST_COMPLETED)
    if not ended.done():
        server.terminate()
    code = await ended
    over.set()
    return code if code >= 0 else 128 - code


def _relays(options: argparse.Namespace, health: Health | None) -> list[Relay]:
    """The way in comes last: when it is there, all is."""
    relays = []
    if options.gateway:
        relays.append(Relay(listen_on_port(options.gateway_port), to_socket(options.gateway)))
    relays.append(Relay(listen_on_socket(options.socket), to_port(options.port), NOT_STARTED))
    relays[-1].health = health
    return relays


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lading_runtime.bridge")
    parser.add_argument("--socket", required=True, help="where the server is to be reached")
    parser.add_argument("--port", type=int, required=True, help="where the server listens")
    parser.add_argument("--health", help="a path, answered with 200 when the server can answer")
    parser.add_argument("--gateway", help="socket of the gateway")
    parser.add_argument("--gateway-port", type=int, default=7878, help="where it is to be reached")
    parser.add_argument("--lifeline", type=int, help="read end of a pipe: ends when it closes")
    parser.add_argument("--ready", type=int, help="write end of a pipe: told its pid at the start")
    parser.add_argument("server", nargs="*", help="after --: the server, to be started beside it")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
