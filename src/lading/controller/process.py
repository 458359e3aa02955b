"""The controller as a process: one an app, held by a lock, detached from who started it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lading.errors import AppBusy, AppNotUp, ControllerError
from lading.state.folders import Folders

_START_SECONDS = 20.0


@dataclass(frozen=True)
class Place:
    """Where the controller of the app called `name` in `folder` keeps its files."""

    name: str
    folder: Path
    folders: Folders

    @property
    def unique_name(self) -> str:
        """The app's name in the engine, distinct from the same name in another folder."""
        return f"{self.name}-{self.folders.app(self.folder).name[:6]}"

    def left_behind(self) -> bool:
        """Whether a controller was killed here, so that what it looked after may still run."""
        return self.socket.exists()

    @property
    def socket(self) -> Path:
        return self.folders.app_run(self.folder) / "controller.sock"

    @property
    def lock(self) -> Path:
        return self.folders.app_run(self.folder) / "controller.lock"

    @property
    def gateway(self) -> Path:
        return self.folders.app_run(self.folder) / "gateway"

    @property
    def database(self) -> Path:
        return self.folders.app(self.folder) / "state.db"

    @property
    def history(self) -> Path:
        return self.folders.app(self.folder) / "logs"

    @property
    def log(self) -> Path:
        return self.folders.app(self.folder) / "controller.log"


def spawn(place: Place) -> None:
    """Start a controller in the background and wait until it answers.

    Raises ControllerError, with the last it wrote, when it ends instead.
    """
    from lading.controller.client import Client

    place.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with place.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "lading.controller", place.name, str(place.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    client = Client(place.socket)
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        with suppress(AppNotUp):
            client.status()
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    last = place.log.read_text(errors="replace").strip().rpartition("\n")[2]
    raise ControllerError("the controller did not start", str(place.log), came=last)


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """Hold the app for this process. Raises AppBusy when another one has it."""
    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            stream.seek(0)
            raise AppBusy(
                "another controller runs this app", came=f"process {stream.read().strip()}"
            ) from error
        stream.truncate(0)
        stream.write(f"{os.getpid()}\n")
        stream.flush()
        yield


def main(place: Place) -> None:
    """Run the controller until the app is down, or until a signal ends it alone.

    Ended by SIGTERM or SIGINT it leaves containers and gateway running, to be adopted again.
    """
    with held(place.lock):
        asyncio.run(_serve(place))


async def _serve(place: Place) -> None:
    import uvicorn

    from lading.controller.history import History
    from lading.controller.loop import Loop
    from lading.controller.server import application
    from lading.engines.select import embedded
    from lading.gateway.envoy import Envoy
    from lading.state.database import open_file
    from lading.state.record import Record

    loop = Loop(
        place.unique_name,
        embedded(place.folders),
        Envoy(place.gateway),
        Record(open_file(place.database)),
        History(place.history),
    )
    place.socket.unlink(missing_ok=True)
    configuration = uvicorn.Config(
        application(loop, place.folder),
        uds=str(place.socket),
        log_level="warning",
        access_log=False,
        lifespan="off",
        # A client that follows must not keep the controller from ending.
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(configuration)
    serving = asyncio.create_task(server.serve())
    running = asyncio.create_task(loop.run())
    await asyncio.wait({serving, running}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    running.cancel()
    await asyncio.wait({serving, running})
    place.socket.unlink(missing_ok=True)
    if not running.cancelled() and (error := running.exception()):
        raise error
