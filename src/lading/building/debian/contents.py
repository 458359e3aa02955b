"""What a .deb holds: its control file, its maintainer scripts and its files.

Source of the format: deb(5), and deb-control(5). Read in this process: no dpkg, no root.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import tarfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import zstandard

from lading.building.layers.entry import Entry, Kind
from lading.building.lockfile import Deb
from lading.errors import ArchiveError

_MAGIC = b"!<arch>\n"
_HEADER_BYTES = 60
_UNCOMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "": lambda packed: packed,
    ".gz": gzip.decompress,
    ".xz": lzma.decompress,
    ".zst": lambda packed: zstandard.ZstdDecompressor().stream_reader(packed).read(),
}


@dataclass(frozen=True)
class Contents:
    """A package taken apart. `entries` are as packed: paths not yet moved below usr/."""

    deb: Deb
    control: str
    """The paragraph that dpkg would keep in its status file."""
    scripts: Mapping[str, str]
    """Other members of the control archive: "postinst", "triggers", "md5sums", …"""
    entries: tuple[Entry, ...]


def read_all(debs: Mapping[Deb, Path]) -> list[Contents]:
    """Every package, in the order of `debs`. Side by side: decompression releases the lock."""
    with ThreadPoolExecutor() as pool:
        # The biggest first, so that none of them is left to run alone at the end.
        order = sorted(debs, key=lambda deb: -deb.size)
        read_ones = dict(zip(order, pool.map(lambda deb: read(deb, debs[deb]), order), strict=True))
    return [read_ones[deb] for deb in debs]


def read(deb: Deb, path: Path) -> Contents:
    """Raises ArchiveError for a file that does not have the locked hash or is no .deb."""
    packed = path.read_bytes()
    if (came := hashlib.sha256(packed).hexdigest()) != deb.sha256:
        path.unlink(missing_ok=True)
        raise ArchiveError(
            "the downloaded package was damaged, and is now removed",
            where=deb.name,
            expected=f"SHA-256 {deb.sha256}",
            came=came,
            todo="run the command again",
        )
    try:
        members = dict(_members(packed))
        control = {
            member.name.removeprefix("./"): bytes(content).decode("utf-8", "replace")
            for member, content in _tar(members["control.tar"])
            if member.isfile()
        }
        entries = tuple(
            found
            for member, content in _tar(members["data.tar"])
            if (found := _entry(member, content))
        )
        return Contents(deb, control.pop("control"), control, entries)
    except (KeyError, ValueError, EOFError, OSError, lzma.LZMAError, tarfile.TarError) as error:
        raise ArchiveError("is not a Debian package", where=deb.name, came=str(error)) from error


def _members(packed: bytes) -> Iterator[tuple[str, bytes]]:
    """The members of an ar archive, tars uncompressed and named without their compression."""
    if not packed.startswith(_MAGIC):
        raise ValueError(f"file starting with {packed[:8]!r}")
    at = len(_MAGIC)
    while at + _HEADER_BYTES <= len(packed):
        header = packed[at : at + _HEADER_BYTES]
        name, size = header[:16].decode().rstrip(" /"), int(header[48:58])
        at += _HEADER_BYTES
        if ".tar" in name:
            stem, _, suffix = name.partition(".tar")
            yield f"{stem}.tar", _UNCOMPRESS[suffix](packed[at : at + size])
        at += size + size % 2  # members begin at even offsets


def _tar(unpacked: bytes) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as tar:
        for member in tar:
            at = member.offset_data
            yield member, unpacked[at : at + member.size] if member.isreg() else b""


def _entry(member: tarfile.TarInfo, content: bytes) -> Entry | None:
    """None for the root itself and for devices, which no image needs."""
    path = member.name.removeprefix("./").strip("/")
    if not path or path == ".":
        return None
    if ".." in path.split("/"):
        raise ValueError(f"path {member.name!r}")
    if member.isdir():
        return Entry(path, Kind.FOLDER, member.mode & 0o1777)
    if member.issym():
        return Entry(path, Kind.SYMLINK, 0o777, target=member.linkname)
    if member.islnk():
        # A layer's entries stand alone; a link by name costs nothing, a copy would.
        return Entry(path, Kind.SYMLINK, 0o777, target="/" + member.linkname.removeprefix("./"))
    if member.isreg():
        return Entry(path, Kind.FILE, member.mode & 0o777, content)
    return None
