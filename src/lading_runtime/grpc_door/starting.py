"""The server's side of the door: starts its process, starts it again when it ends, stops it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import sys
from typing import Optional

import msgspec

from .. import log, secret_files
from ..configuration import Configuration
from .serving import NEEDS_GRPCIO, Door

_AGAIN_SECONDS = 1.0
_LEAVE_SECONDS = 2.0
# The path is handed on: which packages are found first is part of what the server promises.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from lading_runtime.grpc_door.serving import main; sys.exit(main(sys.argv[2:]))"
)


class DoorError(Exception):
    """gRPC that cannot be offered; the message names the setting."""


def require() -> None:
    """Raises DoorError where grpcio is not installed. Imports nothing of it."""
    if importlib.util.find_spec("grpc") is None:
        raise DoorError(NEEDS_GRPCIO)


def of(configuration: Configuration) -> Optional[Door]:
    """The door that a server is to have, if any."""
    if not configuration.grpc:
        return None
    limits = configuration.limits
    return Door(
        configuration.grpc, configuration.address, limits.body_bytes, configuration.grace_seconds
    )


class DoorKeeper:
    """One door, kept open from `start` to `stop`; none at all where None is to be kept."""

    def __init__(self, door: Optional[Door]) -> None:
        self._door = door
        self._process: Optional[asyncio.subprocess.Process] = None
        self._keeping: Optional[asyncio.Task[None]] = None

    @property
    def pid(self) -> Optional[int]:
        """Of the process that is there now."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Returns when it listens. Raises DoorError where it cannot."""
        if self._door is None:
            return
        require()
        self._process = await self._open(self._door)
        keeping = self._keep(self._door, self._process)
        self._keeping = asyncio.get_running_loop().create_task(keeping)

    async def leave(self) -> None:
        """Takes no more calls. Those under way have reached the server when this returns."""
        await _ended(self._keeping)
        process = self._process
        if process is None or process.returncode is not None or process.stdout is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.stdout.readline(), _LEAVE_SECONDS)

    async def stop(self) -> None:
        """After `leave`: waits until calls under way are answered, within the grace."""
        door, process = self._door, self._process
        if door is None or process is None or process.returncode is not None:
            return
        try:
            await asyncio.wait_for(process.wait(), door.grace_seconds + _LEAVE_SECONDS)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()

    async def _open(self, door: Door) -> asyncio.subprocess.Process:
        limits = (str(door.message_bytes), str(door.grace_seconds))
        command = (
            "-c",
            _PROGRAM,
            msgspec.json.encode(sys.path).decode(),
            door.address,
            door.front,
            *limits,
        )
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            stdin=pipe,
            stdout=pipe,
            env=secret_files.without(os.environ),
        )
        assert process.stdout is not None
        if not await process.stdout.readline():
            await process.wait()
            raise DoorError(f"LADING_GRPC: {door.address} cannot be listened on")
        return process

    async def _keep(self, door: Door, process: asyncio.subprocess.Process) -> None:
        while True:
            code = await process.wait()
            log.write("error", "grpc ended", address=door.address, code=code)
            await asyncio.sleep(_AGAIN_SECONDS)
            with contextlib.suppress(DoorError, OSError):
                process = self._process = await self._open(door)


async def _ended(task: Optional[asyncio.Task[None]]) -> None:
    if task is not None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
