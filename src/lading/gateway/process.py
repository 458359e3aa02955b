"""A process that outlives the one that started it, known again by its pid and start time."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Process:
    """A pid is used again; a pid with `start_ticks` (since boot, proc(5)) is not."""

    pid: int
    start_ticks: int

    def alive(self) -> bool:
        """Whether it runs. Reaps it when it was a child of this process and has ended."""
        runs = _start_ticks(self.pid) == self.start_ticks
        # Last, so that one that is said to have ended is no zombie either.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        return runs

    def end(self, number: signal.Signals) -> None:
        """Send it a signal, when it still runs."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def gone_within(self, seconds: float) -> bool:
        """Wait for its end; False when it still runs after `seconds`."""
        deadline = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True


def spawn(command: Sequence[str], log: Path) -> Process:
    """Start `command` in a session of its own, its output appended to `log`. Raises OSError."""
    log_flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        command[0],
        list(command),
        {"PATH": os.defpath},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), log_flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
    )
    return Process(pid, _start_ticks(pid) or 0)


def find(arguments: Sequence[str]) -> Process | None:
    """A process of this user whose command line has `arguments` side by side."""
    wanted = b"".join(b"\0" + os.fsencode(argument) for argument in arguments) + b"\0"
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid != os.geteuid():
                continue
            if wanted in (folder / "cmdline").read_bytes():
                pid = int(folder.name)
                return Process(pid, _start_ticks(pid) or 0)
        except OSError:
            continue  # Ended meanwhile.
    return None


def _start_ticks(pid: int) -> int | None:
    """None when it has ended, reaped or not.

    The first thread is a zombie while others, killed with it, still hold what was open.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:
        return None
    return None if fields[0] in "ZX" and threads == 1 else int(fields[19])
