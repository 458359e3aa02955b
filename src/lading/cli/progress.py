"""Progress for a person: bars on a terminal, a plain line a finished task elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lading.building.progress import Progress


class Lines:
    """A Progress that writes one line to standard error for each task that took a while.

    One that is done within `least_seconds` is not worth a line.
    """

    def __init__(self, least_seconds: float = 0.0) -> None:
        self._least_seconds = least_seconds
        self._lock = threading.Lock()
        self._begun: dict[str, float] = {}

    def start(self, task: str, total: int | None = None) -> None:
        self._begun[task] = time.monotonic()

    def advance(self, task: str, amount: int) -> None: ...

    def finish(self, task: str, note: str = "") -> None:
        seconds = time.monotonic() - self._begun.pop(task, time.monotonic())
        with self._lock:
            if note != "cached" and seconds >= self._least_seconds:
                print(f"{task}: {note or 'done'} ({seconds:.1f} s)", file=sys.stderr, flush=True)


@contextmanager
def shown() -> Iterator[Progress]:
    """A Progress that suits where standard error goes."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    # Rich costs more to import than most commands take.
    from lading.cli.bars import bars

    with bars() as progress:
        yield progress
