"""What the operating system says of a disk, in words a user can act on."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lading.errors import StoreError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn an OSError of work in `folder` into a StoreError that says what to do."""
    try:
        yield
    except OSError as error:
        raise _explain(error, folder) from error


def _explain(error: OSError, folder: Path) -> StoreError:
    if error.errno in _FULL:
        free = f"{_free_bytes(folder) / 1e6:.1f} MB free"
        todo = "make room there, or set LADING_HOME to a folder on a larger disk"
        return StoreError("the disk is full", str(folder), came=free, todo=todo)
    if error.errno in _DENIED:
        todo = "give this user the folder, or set LADING_HOME to one of its own"
        return StoreError("cannot be used", str(folder), came=_words(error), todo=todo)
    where = str(error.filename or folder)
    return StoreError("cannot be read or written", where, came=_words(error))


def _words(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _free_bytes(folder: Path) -> int:
    try:
        system = os.statvfs(folder)
    except OSError:
        return 0
    return system.f_bavail * system.f_frsize
