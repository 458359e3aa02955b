"""Where wheels are built: a container of an engine's, run to its end within a time."""

from __future__ import annotations

import os
import socket
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lading.building.wheels.making.workshop import OUT, WORK, Worked
from lading.engines.engine import Engine, Limits, Workload
from lading.oci import Digest
from lading.pipelines import abandoned

MINUTES = 30.0
"""The longest that a build takes, unless told otherwise."""
_LINES = 2000
_LEAST_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class ContainerWorkshop:
    """Satisfies `Workshop`: no network, user 65532, a read-only root but for one folder."""

    engine: Engine
    platform: str
    seconds: float = MINUTES * 60

    def run(self, name: str, image: Digest, into: Path) -> Worked:
        # A daemon may have those of other machines, whose processes are not to be seen here.
        family = f"lading.wheel.{zlib.crc32(socket.gethostname().encode()):08x}"
        abandoned.clear(family, self.engine)
        called = abandoned.name(family, name)
        log = deque[str](maxlen=_LINES)
        try:
            self.engine.apply(Workload(called, image, limits=limits(), writable=(WORK,)))
            with self._in_time(called) as late:
                for line in self.engine.logs(called, follow=True):
                    log.append(line.text)
            observed = self.engine.observe(called)
            if late.is_set() or observed is None:
                return Worked(1, tuple(log), timed_out=late.is_set())
            # Nobody having seen how it ended is no success.
            code = 1 if observed.exit_code is None else observed.exit_code
            if code == 0:
                self.engine.copy(called, OUT, into)
            return Worked(code, tuple(log), observed.out_of_memory)
        finally:
            self.engine.remove(called)

    @contextmanager
    def _in_time(self, name: str) -> Iterator[threading.Event]:
        """Removes it when its time is up, which ends its log; the event then is set."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self.engine.remove(name)

        timer = threading.Timer(self.seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield late
        finally:
            timer.cancel()
            if late.is_set():
                timer.join()


def limits() -> Limits:
    """All cores, and three quarters of the memory: a compiler is no neighbour of a service's."""
    cores = os.cpu_count() or 1
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Limits(cores, max(_LEAST_BYTES, whole * 3 // 4), 4096)
