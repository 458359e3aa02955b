"""Temporary folders that do not outlive their makers for long.

A folder stays locked (flock) while its maker lives. So whoever can lock one knows that its maker
is dead, also after SIGKILL, and deletes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lading.stores.disk import explained


@contextmanager
def workspace(cache: Path) -> Iterator[Path]:
    """An empty folder below `cache`, gone afterwards unless it was renamed.

    Raises StoreError when it cannot be made.
    """
    parent = cache / "unpacked"
    with explained(parent):
        parent.mkdir(parents=True, exist_ok=True)
        _sweep(parent)
        path, descriptor = _locked(parent)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)


def _locked(parent: Path) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(dir=parent))
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if path.is_dir():
                return path, descriptor
            # A sweep came between its making and its lock.
            os.close(descriptor)


def _sweep(parent: Path) -> None:
    for path in parent.iterdir():
        with suppress(FileNotFoundError, NotADirectoryError, BlockingIOError):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(descriptor)
