"""What of the user's code differs between two images, file by file and line by line."""

from __future__ import annotations

import difflib
import hashlib
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lading.building import in_image
from lading.building.assemble import KIND
from lading.building.layers.wanted import LayerKind
from lading.oci import Image, Layer, Manifest

_LARGEST = 1024**2
"""Bytes of a file whose lines are compared; of a larger one it is told that it differs."""
_MOST_LINES = 20_000
"""Of both files together: lines are compared in a time that grows with their square."""


@dataclass(frozen=True)
class FileChange:
    """A file that one image has otherwise, or not at all.

    Lines are None where they cannot be compared: a picture, or a file too large.
    """

    path: str
    """Relative to the service's `source`."""
    what: str
    """"added", "removed" or "changed"."""
    added: int | None = None
    removed: int | None = None
    text: str = ""
    """A unified diff."""


@dataclass(frozen=True)
class _File:
    said: str
    """Mode and link; of a file too large the size besides."""
    content: bytes | None
    """None for what is not read."""


def code_changes(before: Image, after: Image) -> tuple[FileChange, ...]:
    """By path. Raises StoreError, DamagedBlob."""
    layers = [[layer.descriptor.digest for layer in _layers(one)] for one in (before, after)]
    if layers[0] == layers[1]:
        return ()
    was, now = _files(before), _files(after)
    paths = sorted(x for x in was.keys() | now.keys() if was.get(x) != now.get(x))
    return tuple(_change(path, was.get(path), now.get(path)) for path in paths)


def _change(path: str, was: _File | None, now: _File | None) -> FileChange:
    what = "added" if was is None else "removed" if now is None else "changed"
    texts = [_lines(was), _lines(now)]
    if texts[0] is None or texts[1] is None or len(texts[0]) + len(texts[1]) > _MOST_LINES:
        return FileChange(path, what)
    diff = list(
        difflib.unified_diff(
            texts[0],
            texts[1],
            f"a/{path}" if was else "/dev/null",
            f"b/{path}" if now else "/dev/null",
            lineterm="",
        )
    )
    added = sum(line.startswith("+") for line in diff[2:])
    removed = sum(line.startswith("-") for line in diff[2:])
    return FileChange(path, what, added, removed, "\n".join(diff))


def _lines(file: _File | None) -> list[str] | None:
    """None where it is no text."""
    if file is None:
        return []
    if file.content is None or b"\0" in file.content:
        return None
    try:
        return file.content.decode().splitlines()
    except UnicodeDecodeError:
        return None


def _layers(image: Image) -> Iterator[Layer]:
    for layer, said in zip(image.layers, Manifest.parse(image.manifest).layers, strict=True):
        if said.annotations.get(KIND) == LayerKind.CODE.value:
            yield layer


def _files(image: Image) -> Mapping[str, _File]:
    """Bytecode is not the user's."""
    # Imported where there is a layer to read: 10 ms.
    from lading.stores.uncompressed import tar_of

    found: dict[str, _File] = {}
    below = f"{in_image.APP[1:]}/"
    for layer in _layers(image):
        with tar_of(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                if member.name.startswith(below) and not _is_ours(member):
                    found[member.name.removeprefix(below)] = _read(tar, member)
    return found


def _is_ours(member: tarfile.TarInfo) -> bool:
    return member.isdir() or "/__pycache__/" in member.name


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> _File:
    said = f"{member.mode:o} {member.linkname}"
    stream = tar.extractfile(member) if member.isfile() else None
    if stream is None:
        return _File(said, None)
    if member.size > _LARGEST:
        # A piece at a time: it may be larger than the memory.
        content = hashlib.sha256()
        while piece := stream.read(_LARGEST):
            content.update(piece)
        return _File(f"{said} {content.hexdigest()}", None)
    return _File(said, stream.read())
