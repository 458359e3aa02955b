"""Entries to a tar stream: the same entries give the same bytes, wherever and whenever.

Source of the format: POSIX.1-2017, pax, "ustar interchange format" and "pax interchange format".
A pax header precedes only an entry that ustar cannot hold: a long or non-ASCII path, 8 GiB or more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from lading.building.layers import regular
from lading.building.layers.entry import Entry, Kind, folder
from lading.errors import BuildError

CHUNK_BYTES = 1 << 20
_BLOCK = 512
_END = bytes(2 * _BLOCK)
_TYPES = {Kind.FILE: b"0", Kind.SYMLINK: b"2", Kind.FOLDER: b"5"}
_PAX = b"x"
_PAX_NAME = "pax"
_USTAR_SIZE_LIMIT = 8**11
WHITEOUT = ".wh."
"""What begins so deletes files of the layers below (image specification, layer.md, "Whiteouts")."""


Read = Callable[[Path, bytes], None]
"""Told of every chunk read of a file on this machine."""


def ordered(entries: Iterable[Entry]) -> list[Entry]:
    """Sorted by path, each once, with the folders above them that nobody listed.

    Raises BuildError for a path that is two different things, or that leaves the root.
    """
    by_path: dict[str, Entry] = {}
    for entry in entries:
        _check(entry)
        known = by_path.setdefault(entry.path, entry)
        if known != entry:
            raise BuildError("is two different things in one layer", where=f"/{entry.path}")
    for path in list(by_path):
        for parent in _parents(path):
            by_path.setdefault(parent, folder(parent))
    return sorted(by_path.values(), key=lambda entry: entry.path)


def stream(entries: Iterable[Entry], read: Read | None = None) -> Iterator[bytes]:
    """The tar, in chunks of about 1 MiB. `entries` are as `ordered` gives them.

    A file is opened once and read once, from its start to its end. Raises BuildError for one that
    cannot be read, or changes while it is.
    """
    waiting = bytearray()
    for entry in entries:
        for chunk in _member(entry, read):
            waiting += chunk
            if len(waiting) >= CHUNK_BYTES:
                yield bytes(waiting)
                waiting.clear()
    yield bytes(waiting) + _END


def _member(entry: Entry, read: Read | None) -> Iterator[bytes]:
    if isinstance(entry.content, Path):
        yield from _file_on_disk(entry, entry.content, read)
        return
    yield _headers(entry, len(entry.content))
    yield entry.content
    yield _padding(len(entry.content))


def _file_on_disk(entry: Entry, path: Path, read: Read | None) -> Iterator[bytes]:
    try:
        with regular.opened(path) as file:
            size = os.fstat(file.fileno()).st_size
            yield _headers(entry, size)
            rest = size
            while rest and (chunk := file.read(min(rest, CHUNK_BYTES))):
                rest -= len(chunk)
                if read:
                    read(path, chunk)
                yield chunk
    except OSError as error:
        raise BuildError(
            "cannot be read", where=str(path), came=(error.strerror or str(error)).lower()
        ) from error
    if rest:
        raise BuildError(
            "changed while it was read",
            where=str(path),
            expected=f"{size} bytes",
            came=f"{size - rest} bytes",
            todo="build again once nothing writes to it",
        )
    yield _padding(size)


def _headers(entry: Entry, size: int) -> bytes:
    path = entry.path + ("/" if entry.kind is Kind.FOLDER else "")
    records = {}
    name, prefix = _split(path)
    if name is None:
        records["path"] = path
        name, prefix = b"".join(path.encode()[-100:].split(b"/")[-1:]) or b"_", b""
    link = entry.target.encode()
    if len(link) > 100 or not link.isascii():
        records["linkpath"] = entry.target
        link = b""
    if size >= _USTAR_SIZE_LIMIT:
        records["size"] = str(size)
    ustar_size = 0 if "size" in records else size
    header = _ustar((prefix, name), entry.mode & 0o1777, ustar_size, _TYPES[entry.kind], link)
    return _pax(records) + header if records else header


def _split(path: str) -> tuple[bytes | None, bytes]:
    """A path as ustar's name (100 bytes) and prefix (155 bytes); no name where it does not fit."""
    raw = path.encode()
    if not raw.isascii():
        return None, b""
    if len(raw) <= 100:
        return raw, b""
    # The slash between them is not stored; a folder's own last slash stays with its name.
    cut = raw.find(b"/", len(raw) - 101, len(raw) - 1)
    if cut < 1 or cut > 155:
        return None, b""
    return raw[cut + 1 :], raw[:cut]


def _pax(records: dict[str, str]) -> bytes:
    body = b"".join(_record(key, value) for key, value in sorted(records.items()))
    header = _ustar((b"", _PAX_NAME.encode()), 0o644, len(body), _PAX, b"")
    return header + body + _padding(len(body))


def _record(key: str, value: str) -> bytes:
    """`length key=value\\n`, where length counts itself."""
    rest = f" {key}={value}\n".encode()
    length = len(rest) + 1
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def _ustar(path: tuple[bytes, bytes], mode: int, size: int, kind: bytes, link: bytes) -> bytes:
    """A header block of owner 0:0 and time 0. `path` is prefix and name."""
    prefix, name = path
    before = b"%s%07o\0%s%011o\0%s" % (
        name.ljust(100, b"\0"),
        mode,
        b"0000000\0" * 2,
        size,
        b"0" * 11,
    )
    after = b"%s%s%s%s%s%s%s" % (
        kind,
        link.ljust(100, b"\0"),
        b"ustar\x0000",
        bytes(64),
        b"0000000\0" * 2,
        prefix.ljust(155, b"\0"),
        bytes(12),
    )
    # The checksum counts its own field as eight spaces.
    total = sum(before) + sum(after) + 8 * 0x20
    return b"%s\0%06o\0 %s" % (before, total, after)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _parents(path: str) -> Iterator[str]:
    while cut := path.rpartition("/")[0]:
        yield cut
        path = cut


def _check(entry: Entry) -> None:
    path = entry.path
    if not path or path.startswith("/") or ".." in PurePosixPath(path).parts or path[-1] == "/":
        raise BuildError(where=repr(path), expected="a path below the image's root")
    if "\0" in path + entry.target:
        raise BuildError("has a NUL in its name", where=repr(path))
    if any(part.startswith(WHITEOUT) for part in path.split("/")):
        raise BuildError("is a name by which layers delete files", where=f"/{path}")
