"""A layer's tar, unpacked into an empty folder the way overlayfs wants it.

Source: OCI image specification 1.1, layer.md; Linux, Documentation/filesystems/overlayfs.rst.
"""
# ruff: noqa: PTH101, PTH102, PTH108, PTH211
# A layer has thousands of files: paths are plain text here, at half of the time.

from __future__ import annotations

import os
import shutil
import stat
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from lading.errors import EngineError

_CHUNK = 1024 * 1024
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_SET_ID = stat.S_ISUID | stat.S_ISGID


@dataclass(frozen=True)
class Ownership:
    """`keep` owners as in the tar (only root may). Otherwise all belongs to this process's user,
    and nothing is set-user-id: whoever may run it would be that user. `opaque` is overlayfs'
    attribute of a folder that hides what lies below it."""

    keep: bool
    opaque: str

    @classmethod
    def of(cls, root: bool) -> Ownership:
        """Root's overlays read trusted attributes, those of a user namespace the user's own."""
        return cls(root, "trusted.overlay.opaque" if root else "user.overlay.opaque")

    def mode(self, member: tarfile.TarInfo) -> int:
        """The permissions a file or folder gets."""
        return member.mode & (0o7777 if self.keep else ~_SET_ID & 0o7777)


def unpack(stream: BinaryIO, folder: Path, ownership: Ownership) -> None:
    """Unpack an uncompressed tar to an existing, empty folder that nobody else writes to.

    Raises EngineError for a path that leaves the folder, or runs through a link; tarfile.TarError
    for what is not a tar. Devices are left out: a container has none but its own.
    """
    unpacking = _Unpacking(str(folder), ownership)
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK) as tar:
        for member in tar:
            unpacking.add(tar, member)
            # A stream's TarFile would otherwise keep every member it has read.
            tar.members = []  # type: ignore[attr-defined]
    unpacking.finish()


@dataclass
class _Unpacking:
    root: str
    ownership: Ownership
    folders: dict[str, tarfile.TarInfo | None] = field(default_factory=lambda: {"": None})
    others: set[str] = field(default_factory=set)

    def add(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = _inside(member.name)
        parent, _, name = path.rpartition("/")
        if not name:
            self.folders[""] = member
            return
        self._make_parent(parent, member.name)
        if name.startswith(_WHITEOUT):
            self._hide(parent, name)
        elif member.isdir():
            self._add_folder(path, member)
        else:
            self._clear(path)
            self._add_other(tar, member, path)

    def finish(self) -> None:
        """Folders get mode and time last: they may be read-only, and filling them moves time."""
        for path, member in reversed(self.folders.items()):
            if member is not None:
                target = f"{self.root}/{path}"
                self._own(target, member)
                os.chmod(target, self.ownership.mode(member))
                _set_time(target, member)

    def _make_parent(self, parent: str, named: str) -> None:
        if parent in self.folders:
            return
        if parent in self.others:
            raise EngineError("a layer writes through a link or file", where=named)
        self._make_parent(parent.rpartition("/")[0], named)
        os.mkdir(f"{self.root}/{parent}", 0o755)
        self.folders[parent] = None

    def _add_folder(self, path: str, member: tarfile.TarInfo) -> None:
        if path not in self.folders:
            self._clear(path)
            os.mkdir(f"{self.root}/{path}", 0o755)
        self.folders[path] = member

    def _add_other(self, tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
        target = f"{self.root}/{path}"
        if member.issym():
            os.symlink(member.linkname, target)
            self._own(target, member)
            _set_time(target, member)
        elif member.islnk():
            source = _inside(member.linkname)
            if source not in self.others:
                raise EngineError("a hard link to nothing in its layer", where=member.name)
            os.link(f"{self.root}/{source}", target, follow_symlinks=False)
        elif member.isfile():
            self._write(tar, member, target)
        else:
            return
        self.others.add(path)

    def _write(self, tar: tarfile.TarFile, member: tarfile.TarInfo, target: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(target, flags, 0o600)
        try:
            content = tar.extractfile(member)
            while content and (chunk := content.read(_CHUNK)):
                _write_all(descriptor, chunk)
            if self.ownership.keep and (member.uid or member.gid):
                os.fchown(descriptor, member.uid, member.gid)
            os.fchmod(descriptor, self.ownership.mode(member))
            _set_time(descriptor, member)
        finally:
            os.close(descriptor)

    def _hide(self, parent: str, name: str) -> None:
        if name == _OPAQUE:
            os.setxattr(f"{self.root}/{parent}", self.ownership.opaque, b"y")
            return
        path = f"{parent}/{name[len(_WHITEOUT) :]}".lstrip("/")
        self._clear(path)
        # A character device 0:0 is overlayfs' whiteout; the one device anybody may make.
        os.mknod(f"{self.root}/{path}", stat.S_IFCHR, os.makedev(0, 0))
        self.others.add(path)

    def _clear(self, path: str) -> None:
        """A later entry replaces an earlier one of the same path."""
        if path in self.others:
            os.unlink(f"{self.root}/{path}")
            self.others.discard(path)
        elif path in self.folders:
            shutil.rmtree(f"{self.root}/{path}")
            inner = path + "/"
            self.folders = {
                x: y for x, y in self.folders.items() if x != path and not x.startswith(inner)
            }
            self.others = {x for x in self.others if not x.startswith(inner)}

    def _own(self, target: str, member: tarfile.TarInfo) -> None:
        if self.ownership.keep and (member.uid or member.gid):
            os.chown(target, member.uid, member.gid, follow_symlinks=False)


def _inside(name: str) -> str:
    """The path relative to the root, without empty and `.` parts. Raises EngineError for `..`."""
    if not name.startswith(("/", ".")) and "//" not in name and "/." not in name:
        return name.rstrip("/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise EngineError("a layer has a path with '..' in it", where=name)
    return "/".join(parts)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _set_time(target: str | int, member: tarfile.TarInfo) -> None:
    nanoseconds = int(member.mtime * 1_000_000_000)
    if isinstance(target, int):
        os.utime(target, ns=(nanoseconds, nanoseconds))
    else:
        os.utime(target, ns=(nanoseconds, nanoseconds), follow_symlinks=False)
