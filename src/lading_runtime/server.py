"""The front: listens, serves, and drains when told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
import time
from typing import Any

from . import descriptors, log, loops
from .configuration import Configuration
from .grpc_door import starting
from .grpc_door.starting import DoorError, DoorKeeper
from .routes.application import Application
from .routes.metrics import Metrics, Readings, WorkerState
from .transport.connection import Common, Connection
from .transport.listening import Listener, ListenError
from .workers.nursery import Nursery
from .workers.pool import Pool

DRAINED = 0
FAILED = 1
HANDLER_FAILED = 3
_SWEEP_SECONDS = 1.0
_LEAVE_SECONDS = 1.0
_COLLECT_AFTER = 10_000
"""Objects made beyond those freed, before the garbage collector looks through them."""


def run(configuration: Configuration, nursery: Nursery) -> int:
    """Serve until SIGTERM or SIGINT.

    Returns the exit code: 0 drained, 1 cannot listen or work was left undone, 3 the handler failed
    to load, or no worker can be kept alive.
    """
    descriptors.raise_limit()
    try:
        listener = Listener(configuration)
    except ListenError as error:
        sys.stderr.write(f"{error}\n")
        nursery.dismiss()
        return FAILED
    loop = loops.new()
    try:
        return loop.run_until_complete(_Server(configuration, listener, loop).serve(nursery))
    finally:
        loop.close()


class _Server:
    def __init__(
        self, configuration: Configuration, listener: Listener, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._configuration = configuration
        self._limits = configuration.limits
        self._listener = listener
        self._loop = loop
        self._common = Common()
        self._connections = self._common.connections
        self._opening: set[asyncio.Task[None]] = set()
        self._hurried = False
        self._door = DoorKeeper(starting.of(configuration))

    async def serve(self, nursery: Nursery) -> int:
        started = time.monotonic()
        stop = asyncio.Event()
        metrics = Metrics(self._configuration.service)
        pool = Pool(self._configuration, nursery, metrics)
        metrics.watch(self._readings(pool))
        self._application = Application(self._configuration.service, pool, metrics)
        self._loop.add_signal_handler(signal.SIGTERM, stop.set)
        self._loop.add_signal_handler(signal.SIGINT, self._interrupt, stop)
        self._loop.add_reader(self._listener.socket.fileno(), self._accept)
        sweep = self._loop.create_task(self._sweep())
        self._log("listening", address=self._configuration.address)
        stopping = self._loop.create_task(stop.wait())
        try:
            await self._door.start()
        except DoorError as error:
            code = self._refuse(f"{error}\n", FAILED)
        else:
            # Heard only now: a server that is ready answers by every way it has.
            pool.staff.start()
            code = await self._serve_until(stopping, pool, started)
        await self._door.stop()
        sweep.cancel()
        stopping.cancel()
        await asyncio.gather(sweep, stopping, return_exceptions=True)
        await self._dismiss(pool)
        nursery.wait()
        return code

    async def _serve_until(self, stopping: asyncio.Future[Any], pool: Pool, started: float) -> int:
        await self._wait(pool.has_loaded, stopping, pool.staff.gave_up)
        # What is there now stays. Requests leave no cycles behind, so there is little to look for.
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        if pool.has_loaded.done():
            self._log("ready", seconds=round(time.monotonic() - started, 3))
            await self._wait(stopping, pool.staff.gave_up)
        if not pool.staff.gave_up.done():
            return await self._drain(pool)
        await self._door.leave()
        return self._report(pool.staff.gave_up.result())

    def _interrupt(self, stop: asyncio.Event) -> None:
        """Whoever asks twice at a terminal does not want to wait."""
        self._hurried = stop.is_set()
        stop.set()

    def _readings(self, pool: Pool) -> Readings:
        return Readings(
            queue_length=lambda: pool.waiting,
            in_flight=lambda: pool.in_flight,
            connections=lambda: len(self._connections),
            workers=lambda: [WorkerState(state, pid) for state, pid in pool.states()],
        )

    async def _wait(self, *futures: asyncio.Future[Any]) -> None:
        await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)

    async def _dismiss(self, pool: Pool) -> None:
        """Workers leave by themselves; one that keeps its process is ended."""
        pool.staff.close()
        deadline = self._loop.time() + _LEAVE_SECONDS
        while pool.staff.present and self._loop.time() < deadline:
            await asyncio.sleep(0.005)
        pool.staff.kill_all()

    def _report(self, reason: str) -> int:
        why = self._configuration.load_failure(reason)
        return self._refuse(f"{why}\n", HANDLER_FAILED)

    def _refuse(self, why: str, code: int) -> int:
        sys.stderr.write(why)
        self._stop_listening()
        self._connections_abort()
        return code

    def _accept(self) -> None:
        for connection in self._listener.accept():
            task = self._loop.create_task(self._open(connection))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
        if self._listener.full:
            # It would be told again and again; the sweep looks whether somebody has left.
            self._loop.remove_reader(self._listener.socket.fileno())
            self._log("too many connections", connections=len(self._connections))

    async def _open(self, connection: socket.socket) -> None:
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await self._loop.connect_accepted_socket(self._connection, connection)
        except OSError:  # the client is gone already
            connection.close()

    def _connection(self) -> Connection:
        return Connection(self._application, self._limits, self._common)

    async def _sweep(self) -> None:
        limits = self._limits
        seconds = min(_SWEEP_SECONDS, limits.head_seconds / 4, limits.body_seconds / 4)
        while True:
            await asyncio.sleep(seconds)
            now = self._loop.time()
            for connection in list(self._connections):
                connection.expire(now)
            if self._listener.full:
                self._loop.add_reader(self._listener.socket.fileno(), self._accept)
                self._listener.full = False

    async def _drain(self, pool: Pool) -> int:
        """Everything received, waiting in the kernel, or sent on a kept connection is answered."""
        self._application.draining = True
        self._log("draining", connections=len(self._connections))
        await self._door.leave()
        self._stop_listening()
        deadline = self._loop.time() + self._configuration.grace_seconds
        lingering_until = min(deadline, self._loop.time() + self._limits.linger_seconds)
        while self._opening:
            await asyncio.wait(set(self._opening))
        while self._connections and self._loop.time() < deadline and not self._hurried:
            lingering = self._loop.time() < lingering_until
            for connection in list(self._connections):
                connection.drain()
                if not lingering:
                    connection.close_if_idle()
            await asyncio.sleep(0.01)
        left = sum(connection.busy for connection in self._connections)
        pool.give_up()
        self._connections_abort()
        level = "error" if left else "info"
        log.write(level, "stopped", service=self._configuration.service, unanswered=left)
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
