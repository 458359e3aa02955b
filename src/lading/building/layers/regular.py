"""Opens what is a file and nothing else: to open a pipe would wait for whoever writes to it."""

from __future__ import annotations

import errno
import os
import stat
from io import FileIO
from pathlib import Path


def opened(path: Path) -> FileIO:
    """The file at `path`, to be read without a buffer. Follows links.

    Raises OSError, also where another thing has taken the file's place.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "what is no file", str(path))
    except OSError:
        os.close(descriptor)
        raise
    return FileIO(descriptor)


def read(path: Path) -> bytes:
    """All of the file at `path`. Raises OSError."""
    with opened(path) as file:
        return file.read()
