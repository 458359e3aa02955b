"""SHA-256 of files, remembered by their status, so that what did not change is not read again.

As git's index does: a file whose size, times and inode are as they were has the content it had. A
file that changed within its clock's last tick could change once more without showing it, so its
hash is not remembered until that tick is over ("racy git" in git's technical documentation).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

from lading.building.layers import regular
from lading.building.layers.record import write_record

_SECOND = 10**9
_TICK = _SECOND // 20
"""More than a tick of any kernel's clock (10 ms)."""
_COARSE_TICK = 2 * _SECOND
"""Of file systems that keep whole seconds: FAT keeps even ones."""


class FileHashes:
    """What is known of the files of one folder. `now` is in nanoseconds since the epoch.

    With `thorough`, what is only to be foreseen is worth reading large files too.
    """

    def __init__(self, cache: Path, folder: Path, *, thorough: bool = False) -> None:
        self.thorough = thorough
        name = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()
        self._path = cache / "files" / f"{name}.json"
        self._before: dict[str, list[object]] = _read(self._path)
        self._after: dict[str, list[object]] = {}

    def known(self, path: str, status: os.stat_result) -> str | None:
        """The hash of the file at `path`, if it is known without reading it."""
        before = self._before.get(path)
        if before is None or before[:-1] != _identity(status):
            return None
        self._after[path] = before
        return str(before[-1])

    def of(self, path: str, full: Path, status: os.stat_result) -> str:
        """The hash of the file; reads it only when it is not known. Raises OSError."""
        if known := self.known(path, status):
            return known
        now = time.time_ns()
        with regular.opened(full) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            self.learn(path, os.fstat(file.fileno()), digest, now)
        return digest

    def learn(self, path: str, status: os.stat_result, digest: str, now: int) -> None:
        """Remember a hash of what was read from `now` on, unless it may change unseen."""
        changed = max(status.st_mtime_ns, status.st_ctime_ns)
        tick = _TICK if changed % _SECOND else _COARSE_TICK
        if changed + tick < now:
            self._after[path] = [*_identity(status), digest]

    def save(self) -> None:
        """Write what is known of the files that were asked for. Raises StoreError."""
        if self._after != self._before:
            write_record(self._path, json.dumps(self._after).encode())
            self._before = dict(self._after)


def _identity(status: os.stat_result) -> list[object]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _read(path: Path) -> dict[str, list[object]]:
    try:
        document = json.loads(path.read_bytes())
        return {str(key): list(value) for key, value in document.items() if len(value) == 5}
    except (OSError, ValueError, AttributeError, TypeError):
        # A cache: what cannot be read is made again.
        return {}
