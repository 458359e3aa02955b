"""Processes of this machine that belong to a container: they carry what goes in and out of it.

Each is forked off at once, so that it belongs to no caller, and ends when its lifeline is closed:
the end of a pipe whose other end only the container's monitor holds.
"""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from lading.engines.embedded import programs
from lading.errors import EngineError

_READY_SECONDS = 15.0


def start(failing: str, command: Callable[[int], Sequence[str]], lifeline: int, log: Path) -> bytes:
    """What it says once it is ready, to the descriptor that `command` is given.

    Raises EngineError, `failing` with what it wrote to `log`; EngineUnavailable.
    """
    ready, says_ready = os.pipe()
    try:
        with log.open("wb") as output:
            subprocess.run(
                [programs.need("setsid"), "--fork", *command(says_ready)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(says_ready, lifeline),
                check=False,
            )
        os.close(says_ready)
        says_ready = -1
        poll = select.poll()
        poll.register(ready, select.POLLIN)
        if not poll.poll(_READY_SECONDS * 1000) or not (said := os.read(ready, 64)):
            raise EngineError(failing, came=log.read_text(errors="replace").strip())
        return said
    finally:
        os.close(ready)
        if says_ready >= 0:
            os.close(says_ready)
