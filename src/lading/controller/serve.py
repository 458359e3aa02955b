"""What the controller's process does: the loop, and the server on its socket, until one ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from lading.controller.copy import Copy
from lading.controller.history import History
from lading.controller.loop import Loop
from lading.controller.place import Place
from lading.controller.process import held
from lading.controller.server import application
from lading.errors import StateAway
from lading.gateway.envoy import Envoy
from lading.state import database
from lading.state.address import Address
from lading.state.record import Record


def serve(place: Place) -> None:
    """Run the controller until the app is down, or until a signal ends it alone.

    Ended by SIGTERM or SIGINT it leaves containers and gateway running, to be adopted again. Raises
    AppBusy when another process has the app.
    """
    with held(place.lock):
        asyncio.run(_serve(place))


async def _serve(place: Place) -> None:
    copy = Copy.of(place)
    loop = Loop(
        place.app,
        place.engine,
        Envoy(place.gateway, place.requests),
        _record(place.state, copy),
        History(place.history),
        copy,
    )
    loop.secrets = place.secrets
    place.socket.unlink(missing_ok=True)
    server = _Server(_configuration(loop, place))
    serving = asyncio.create_task(server.serve())
    running = asyncio.create_task(loop.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    await asyncio.wait({serving, running}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    running.cancel()
    await asyncio.wait({serving, running})
    place.socket.unlink(missing_ok=True)
    for task in (running, serving):
        if not task.cancelled() and (error := task.exception()):
            raise error


def _record(state: Address, copy: Copy | None) -> Record:
    """While a server does not answer, what runs is looked after by what is known of it here."""
    try:
        engine = database.opened(state)
    except StateAway:
        if not (copy and copy.read()):
            raise
        engine = database.awaited(state)
    return Record(engine, state.app, state.site)


def _configuration(loop: Loop, place: Place) -> uvicorn.Config:
    return uvicorn.Config(
        application(loop, place.folder),
        uds=str(place.socket),
        log_level="warning",
        access_log=False,
        lifespan="off",
        # A client that is slow to read must not keep the controller from ending.
        timeout_graceful_shutdown=1,
    )


class _Server(uvicorn.Server):
    """Leaves signals to the controller."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
