"""What a layer consists of: files, folders and links, and nothing of where they came from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Kind(Enum):
    """What a path is. Devices, sockets and hard links are in no layer of ours."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"


@dataclass(frozen=True)
class Entry:
    """One path of a layer. Owner is always 0:0 and time always the epoch."""

    path: str
    """Relative to the root, no leading slash: "usr/bin/python3.11"."""
    kind: Kind
    mode: int = 0o644
    """Permission bits; no set-user-id or set-group-id."""
    content: bytes | Path = b""
    """Of a file: the bytes, or a file on this machine that has them."""
    target: str = ""
    """Of a symlink."""


def file(path: str, content: bytes | Path, mode: int = 0o644) -> Entry:
    """A file; a Path as `content` is opened once, when the layer is written."""
    return Entry(path, Kind.FILE, mode, content)


def folder(path: str, mode: int = 0o755) -> Entry:
    """A folder. Those above it need no entry: a layer's tar brings them, as 0755."""
    return Entry(path, Kind.FOLDER, mode)


def symlink(path: str, target: str) -> Entry:
    """A link to `target`, which is kept as it is written and need not exist."""
    return Entry(path, Kind.SYMLINK, 0o777, target=target)
