"""Two layers, file by file. Read as streams: memory holds a record for each file, never a layer."""

from __future__ import annotations

import difflib
import hashlib
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import IO

from lading.building.comparing.values import Fact, FileDifference
from lading.oci import Layer
from lading.stores.uncompressed import tar_of

_CHUNK_BYTES = 1024**2
_TEXT_BYTES = 256 * 1024
"""A larger file is not shown line by line."""
_SHOWN_LINES = 12
_LINE_CHARACTERS = 120
_TYPES = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "link",
    tarfile.LNKTYPE: "hard link",
}


@dataclass(frozen=True)
class Told:
    """All that a tar says of a path."""

    kind: str
    mode: int
    owner: str
    modified: float
    """Seconds since the epoch."""
    target: str
    """Of a link."""
    size: int
    sha256: str
    """Of a file; else empty."""


def read(layer: Layer) -> dict[str, Told]:
    """What a layer consists of, by path, in its order. Raises DamagedBlob."""
    with tar_of(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        return {member.name: _told(tar, member) for member in tar}


def differences(built: Mapping[str, Told], rebuilt: Mapping[str, Told]) -> list[FileDifference]:
    """Files that differ, those first from which others are made."""
    found = []
    for path in sorted(built.keys() | rebuilt.keys(), key=_sources_first):
        facts = tuple(_facts(built.get(path), rebuilt.get(path)))
        if facts:
            found.append(FileDifference(path, facts))
    return found


def lines(path: str, built: Layer, rebuilt: Layer) -> tuple[str, ...]:
    """The first lines in which a file differs, as diff shows them; none where it is no small text.

    Raises DamagedBlob.
    """
    texts = [_text(layer, path) for layer in (built, rebuilt)]
    before, after = (None if text is None else text.splitlines() for text in texts)
    if before is None or after is None:
        return ()
    found = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
    more = len(found) - _SHOWN_LINES
    shown = [_printable(line) for line in found[:_SHOWN_LINES]]
    return (*shown, *([f"… {more} more lines"] if more > 0 else []))


def _told(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Told:
    content = tar.extractfile(member) if member.isfile() else None
    return Told(
        _TYPES.get(member.type, "device"),
        member.mode,
        f"{member.uid}:{member.gid}",
        member.mtime,
        member.linkname,
        member.size,
        _sha256(content) if content else "",
    )


def _sha256(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in iter(partial(content.read, _CHUNK_BYTES), b""):
        digest.update(chunk)
    return digest.hexdigest()


def _sources_first(path: str) -> tuple[bool, str]:
    return path.endswith(".pyc"), path


def _facts(built: Told | None, rebuilt: Told | None) -> Iterator[Fact]:
    if built is None or rebuilt is None:
        yield Fact("there", _there(built), _there(rebuilt))
        return
    if built.kind != rebuilt.kind:
        yield Fact("type", built.kind, rebuilt.kind)
    elif (built.sha256, built.size) != (rebuilt.sha256, rebuilt.size):
        yield Fact("content", _content(built), _content(rebuilt))
    if built.target != rebuilt.target:
        yield Fact("link to", built.target, rebuilt.target)
    if built.mode != rebuilt.mode:
        yield Fact("mode", f"{built.mode:04o}", f"{rebuilt.mode:04o}")
    if built.owner != rebuilt.owner:
        yield Fact("owner", built.owner, rebuilt.owner)
    if built.modified != rebuilt.modified:
        yield Fact("time", f"{built.modified:.15g}", f"{rebuilt.modified:.15g}")


def _there(one: Told | None) -> str:
    return "" if one is None else f"a {one.kind}"


def _content(one: Told) -> str:
    return f"{one.size} bytes, SHA-256 {one.sha256[:12]}"


def _text(layer: Layer, path: str) -> str | None:
    with tar_of(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            if member.name == path and member.isfile():
                return _decoded(tar.extractfile(member), member.size)
    return None


def _decoded(content: IO[bytes] | None, size: int) -> str | None:
    if content is None or size > _TEXT_BYTES:
        return None
    try:
        text = content.read().decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _printable(line: str) -> str:
    cut = line if len(line) <= _LINE_CHARACTERS else f"{line[: _LINE_CHARACTERS - 1]}…"
    return "".join(one if one.isprintable() else " " for one in cut)
