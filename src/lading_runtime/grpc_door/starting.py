"""The server's side of the door: starts its process, starts it again when it ends, stops it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import sys
from typing import Optional

from .. import log
from .serving import NEEDS_GRPCIO, Door

_AGAIN_SECONDS = 1.0
_SPARE_SECONDS = 5.0
"""What the process gets beyond its grace before it is killed."""
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


class DoorKeeper:
    """One door, kept open from `start` to `stop`."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._process: Optional[asyncio.subprocess.Process] = None
        self._keeping: Optional[asyncio.Task[None]] = None

    async def start(self) -> None:
        """Returns when it listens. Raises DoorError where it cannot."""
        require()
        self._process = await self._open()
        self._keeping = asyncio.get_running_loop().create_task(self._keep(self._process))

    async def stop(self) -> None:
        """Calls that are under way are answered first, within the grace."""
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self._door.grace_seconds + _SPARE_SECONDS)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()

    async def _open(self) -> asyncio.subprocess.Process:
        door = self._door
        limits = (str(door.message_bytes), str(door.grace_seconds))
        command = ("-c", _PROGRAM, json.dumps(sys.path), door.address, door.front, *limits)
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdin=pipe, stdout=pipe
        )
        assert process.stdout is not None
        if not await process.stdout.readline():
            await process.wait()
            raise DoorError(f"LADING_GRPC: {door.address} cannot be listened on")
        return process

    async def _keep(self, process: asyncio.subprocess.Process) -> None:
        while True:
            code = await process.wait()
            log.write("error", "grpc ended", address=self._door.address, code=code)
            await asyncio.sleep(_AGAIN_SECONDS)
            with contextlib.suppress(DoorError, OSError):
                process = self._process = await self._open()
