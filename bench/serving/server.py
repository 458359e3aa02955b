"""A server as a process group of its own: started, weighed, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bench.programs import MeasurementError

_STOP_SECONDS = 5.0


class Server:
    """A command that runs until it is stopped, with all that it starts."""

    def __init__(
        self, command: Sequence[str | Path], environment: Mapping[str, str], folder: Path
    ) -> None:
        """`folder` becomes its working folder; what it prints is kept there."""
        self._log = folder / "log"
        self.begun = time.perf_counter()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._process.pid

    def require_running(self) -> None:
        """Raises MeasurementError with its last words when it has ended."""
        if (code := self._process.poll()) is not None:
            raise MeasurementError(f"the server ended with {code}: {self.last_words()}")

    def memory_bytes(self) -> int:
        """What all its processes hold, shared pages in proportion: the sum of `Pss` in
        /proc/PID/smaps_rollup (proc(5))."""
        return sum(map(_proportional_bytes, self._processes()))

    def last_words(self) -> str:
        """The end of what it printed."""
        return self._log.read_text(errors="replace")[-1500:].strip()

    def stop(self) -> None:
        """Asks it to end, and ends by force what has not."""
        processes = self._processes()
        with suppress(ProcessLookupError):
            self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        for pid in {*processes, *self._processes()} - {os.getpid()}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def _processes(self) -> set[int]:
        """Of the session that it leads, and whatever descends from them."""
        parents = _parents()
        known = {pid for pid, (_, session) in parents.items() if session == self.pid}
        while more := {x for x, (parent, _) in parents.items() if parent in known} - known:
            known |= more
        return known


def _parents() -> dict[int, tuple[int, int]]:
    """Parent and session of every process, by its id."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            found[int(folder.name)] = int(fields[1]), int(fields[3])
    return found


def _proportional_bytes(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
