"""Processes as /proc shows them. Source: proc(5), /proc/[pid]/stat."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_RESPITE_SECONDS = 1.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Process:
    """A process that stays the same one when its number is used again.

    `ticks` is its start in clock ticks since boot, `boot` which boot that was.
    """

    pid: int
    ticks: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process that has this number now; None when none has, or only its corpse."""
        stat = _stat(pid)
        if stat is None or stat[0] in "ZX":
            return None
        return cls(pid, int(stat[19]), boot())

    @property
    def alive(self) -> bool:
        return Process.of(self.pid) == self

    def signal(self, number: int) -> None:
        """Send a signal; nothing happens when it has ended."""
        with suppress(ProcessLookupError), _Opened(self) as descriptor:
            signal.pidfd_send_signal(descriptor, number)

    def is_spared_by(self, number: int) -> bool:
        """Whether the first process of a container would not notice a signal that ends others.

        The kernel drops it there unless it is caught (pid_namespaces(7)).
        """
        try:
            lines = Path(f"/proc/{self.pid}/status").read_text(errors="replace").splitlines()
        except OSError:
            return False
        masks = dict(line.split(":", 1) for line in lines)
        seen = int(masks["SigCgt"], 16) | int(masks["SigIgn"], 16) | int(masks["SigBlk"], 16)
        return not seen >> (number - 1) & 1

    def wait(self, seconds: float) -> bool:
        """Whether it ended within `seconds`."""
        try:
            with _Opened(self) as descriptor:
                poll = select.poll()
                poll.register(descriptor, select.POLLIN)
                return bool(poll.poll(max(0.0, seconds) * 1000))
        except ProcessLookupError:
            return True


def ended(process: Process, asked: int, seconds: float) -> bool:
    """Whether the first process of a container, sent the signal `asked`, ended within `seconds`.

    For one that has answered what it had. It is given up early, a moment after it let go of its
    handler: Node.js catches SIGTERM only to reset the terminal, and then sends it to itself, of
    which the kernel takes no notice there.
    """
    deadline = time.monotonic() + seconds
    while not process.is_spared_by(asked):
        left = deadline - time.monotonic()
        if process.wait(min(left, _LOOK_SECONDS)):
            return True
        if left <= 0:
            return False
    return process.wait(min(deadline - time.monotonic(), _RESPITE_SECONDS))


@cache
def boot() -> str:
    """The kernel's identity of this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def mentioning(argument: str) -> list[Process]:
    """Processes with `argument` among their arguments, and all their descendants."""
    parents: dict[int, int] = {}
    found: set[int] = set()
    for entry in os.listdir("/proc"):  # noqa: PTH208 (names only, and a thousand of them)
        if entry.isdigit() and (stat := _stat(int(entry))):
            parents[int(entry)] = int(stat[1])
            if argument in _arguments(int(entry)):
                found.add(int(entry))
    found.discard(os.getpid())
    while more := {x for x, parent in parents.items() if parent in found} - found:
        found |= more
    return [process for pid in sorted(found) if (process := Process.of(pid))]


def _stat(pid: int) -> list[str] | None:
    """The fields from the third on: the second, a name, may hold anything."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _arguments(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return []


class _Opened:
    """A descriptor that stands for this process alone. Raises ProcessLookupError when it ended."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def __enter__(self) -> int:
        self._descriptor = os.pidfd_open(self._process.pid)
        if not self._process.alive:
            os.close(self._descriptor)
            raise ProcessLookupError(self._process.pid)
        return self._descriptor

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
