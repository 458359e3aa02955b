"""Listens, loads, serves, and drains when told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from typing import Any, Optional

from . import log
from .application import Application
from .configuration import Configuration
from .connection import Connection
from .dataplane import DataPlane
from .handler import HandlerError, load
from .listening import Listener, ListenError
from .worker import State, Worker

DRAINED = 0
FAILED = 1
HANDLER_FAILED = 3
_SWEEP_SECONDS = 1.0
_JOIN_SECONDS = 1.0


def run(configuration: Configuration) -> int:
    """Serve until SIGTERM or SIGINT.

    Returns the exit code: 0 drained, 1 cannot listen or work was left undone, 3 the handler failed
    to load. Does not return, but exits, where user code still keeps its thread.
    """
    try:
        listener = Listener(configuration)
    except ListenError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    loop = _event_loop()
    try:
        server = _Server(configuration, listener, loop)
        code = loop.run_until_complete(server.serve())
    finally:
        loop.close()
    if not server.stop_worker(_JOIN_SECONDS):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def _event_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class _Server:
    def __init__(
        self, configuration: Configuration, listener: Listener, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._configuration = configuration
        self._limits = configuration.limits
        self._listener = listener
        self._loop = loop
        self._connections: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._worker: Optional[Worker] = None

    async def serve(self) -> int:
        started = time.monotonic()
        self._stop = asyncio.Event()
        worker = self._worker = Worker(self._load, self._limits)
        self._application = Application(self._configuration.service, worker)
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stop.set)
        self._loop.add_reader(self._listener.socket.fileno(), self._accept)
        sweep = self._loop.create_task(self._sweep())
        self._log("listening", address=self._configuration.address)
        worker.start()
        stopping: asyncio.Future[Any] = self._loop.create_task(self._stop.wait())
        await asyncio.wait([worker.loaded, stopping], return_when=asyncio.FIRST_COMPLETED)
        if worker.state is State.FAILED and worker.failure is not None:
            code = self._report(worker.failure)
            self._connections_abort()
        else:
            if worker.state is State.READY:
                self._log("ready", seconds=round(time.monotonic() - started, 3))
            await stopping
            code = await self._drain()
        sweep.cancel()
        stopping.cancel()
        await asyncio.gather(sweep, stopping, return_exceptions=True)
        return code

    def stop_worker(self, seconds: float) -> bool:
        return self._worker is None or self._worker.stop(seconds)

    def _load(self) -> DataPlane:
        return DataPlane(load(self._configuration.handler, self._configuration.source))

    def _report(self, failure: BaseException) -> int:
        where = f"services.{self._configuration.service}.handler: {self._configuration.handler}"
        if isinstance(failure, HandlerError):
            reason = str(failure)
        else:
            log.write("error", "handler failed to load", failure)
            reason = f"{type(failure).__name__}: {failure}"
        sys.stderr.write(f"{where} failed to load: {reason}\n")
        self._stop_listening()
        return HANDLER_FAILED

    def _accept(self) -> None:
        for connection in self._listener.accept():
            task = self._loop.create_task(self._open(connection))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, connection: socket.socket) -> None:
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await self._loop.connect_accepted_socket(self._connection, connection)
        except OSError:  # the client is gone already
            connection.close()

    def _connection(self) -> Connection:
        return Connection(self._application, self._limits, self._connections)

    async def _sweep(self) -> None:
        while True:
            limits = self._limits
            await asyncio.sleep(
                min(_SWEEP_SECONDS, limits.head_seconds / 4, limits.body_seconds / 4)
            )
            now = self._loop.time()
            for connection in list(self._connections):
                connection.expire(now)

    async def _drain(self) -> int:
        """Everything received, waiting in the kernel, or sent on a kept connection is answered."""
        self._application.draining = True
        self._log("draining", connections=len(self._connections))
        self._stop_listening()
        deadline = self._loop.time() + self._configuration.grace_seconds
        lingering_until = min(deadline, self._loop.time() + self._limits.linger_seconds)
        while self._opening:
            await asyncio.wait(set(self._opening))
        while self._connections and self._loop.time() < deadline:
            lingering = self._loop.time() < lingering_until
            for connection in list(self._connections):
                connection.drain()
                if not lingering:
                    connection.close_if_idle()
            await asyncio.sleep(0.01)
        left = sum(connection.busy for connection in self._connections)
        self._connections_abort()
        self._log("stopped", unanswered=left)
        return FAILED if left else DRAINED

    def _stop_listening(self) -> None:
        self._loop.remove_reader(self._listener.socket.fileno())
        self._listener.hide()
        self._accept()
        self._listener.close()

    def _connections_abort(self) -> None:
        for connection in list(self._connections):
            connection.abort()

    def _log(self, event: str, **fields: Any) -> None:
        log.write("info", event, service=self._configuration.service, **fields)
