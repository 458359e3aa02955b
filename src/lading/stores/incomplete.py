"""Files that take their name only when they are whole and on the disk.

A file is written under a temporary name and stays locked (flock) for as long as its writer lives.
So whoever can lock one knows that its writer is dead, also after SIGKILL, and may delete it.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class Incomplete:
    """A file being written in `folder`. Raises OSError from everything but `discard`."""

    def __init__(self, folder: Path) -> None:
        self._path, self._descriptor = _create_locked(folder)
        self._closed = False

    def write(self, content: bytes | memoryview) -> int:
        rest = memoryview(content).cast("B")
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        return memoryview(content).nbytes

    def finish(self, destination: Path) -> None:
        """Give it its name, replacing what has it, once its bytes are on the disk."""
        os.fsync(self._descriptor)
        self._path.replace(destination)
        self._close()
        sync_folder(destination.parent)

    def discard(self) -> None:
        """Delete it, unless it was finished."""
        if not self._closed:
            self._path.unlink(missing_ok=True)
            self._close()

    def _close(self) -> None:
        self._closed = True
        os.close(self._descriptor)


def sweep(folder: Path) -> None:
    """Delete the files in `folder` whose writers are dead."""
    for path in folder.iterdir() if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            except BlockingIOError:
                pass  # Its writer lives.
            finally:
                os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Put a folder's names on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _create_locked(folder: Path) -> tuple[Path, int]:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    while True:
        path = folder / f".incomplete-{os.urandom(16).hex()}"
        descriptor = os.open(path, flags, 0o666)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return path, descriptor
        # A sweep came between its creation and its lock.
        os.close(descriptor)
