"""Large bodies in memory that two processes share, so that they are copied once.

A writer fills an anonymous file (memfd_create(2)); its descriptor travels over a UNIX socket; the
reader maps it privately (MAP_PRIVATE), so that it may write in place, and sees nothing of others.
"""

from __future__ import annotations

import mmap
import os

FROM_BYTES = 64 * 1024
"""Smaller bodies go inline: a map costs more than their copy."""
AVAILABLE = hasattr(os, "memfd_create")


class Shared:
    """A body being filled, or filled. Owns its descriptor."""

    __slots__ = ("fd", "size")

    def __init__(self, fd: int, size: int) -> None:
        self.fd = fd
        self.size = size

    def __len__(self) -> int:
        return self.size

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data).cast("B")
        self.size += len(view)
        while view:
            view = view[os.write(self.fd, view) :]

    def view(self) -> memoryview:
        """Its bytes, writable, from here on this process' alone; unmapped when nobody looks."""
        if not self.size:
            return memoryview(b"")
        flags = mmap.MAP_PRIVATE
        return memoryview(mmap.mmap(self.fd, self.size, flags, mmap.PROT_READ | mmap.PROT_WRITE))

    def detach(self) -> int:
        """The descriptor, which is the caller's from here on."""
        fd, self.fd = self.fd, -1
        return fd

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __del__(self) -> None:
        self.close()


def create() -> Shared:
    """Raises OSError where there is no memory or no descriptor left."""
    return Shared(os.memfd_create("body", os.MFD_CLOEXEC), 0)
