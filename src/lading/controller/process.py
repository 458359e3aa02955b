"""The controller as a process: one an app, held by a lock, detached from who started it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lading.controller.client import Client
from lading.controller.place import Place
from lading.errors import AppBusy, ControllerError

_START_SECONDS = 20.0


def spawn(place: Place) -> None:
    """Start a controller in the background and wait until it answers.

    Raises ControllerError, with the last it wrote, when it ends instead.
    """
    place.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with place.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "lading.controller", str(place.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=_environment(place),
            start_new_session=True,
        )
    client = Client(place.socket)
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if client.answers():
            return
        # Another one may have been quicker, and not answer yet.
        if process.poll() is not None and not is_held(place.lock):
            break
        time.sleep(0.02)
    last = place.log.read_text(errors="replace").strip().rpartition("\n")[2]
    raise ControllerError("the controller did not start", str(place.log), came=last)


def _environment(place: Place) -> dict[str, str]:
    """All but what containers are given in secret: it is handed on to what starts them."""
    given = {path.name for path in place.secrets.glob("*/*")}
    return {name: value for name, value in os.environ.items() if name not in given}


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


def is_held(lock: Path) -> bool:
    """Whether some process has the app."""
    try:
        with lock.open("a+") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
