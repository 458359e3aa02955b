"""The files of an image's layers, each with its size and its share of the layer as it is sent."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from dataclasses import dataclass, field, replace
from typing import IO

import zstandard

from lading.building.sizes.known import Contents, File, Known
from lading.oci import Image, Layer
from lading.stores.uncompressed import tar_of

_PIECE_BYTES = 1 << 20
COMPARED_BYTES = 64 * 1024
"""Smaller files are not compared: all that are there twice come to little."""
_TOLD = re.compile(
    r".*\.dist-info/(?:RECORD|METADATA)|var/lib/dpkg/status\.d/.*|var/lib/dpkg/info/.*\.list"
    r"|var/lib/dpkg/status"
)
"""Files that tell what others belong to."""


@dataclass
class Files:
    """All files of an image, hidden ones too: a file that a higher layer replaces is still sent."""

    files: list[File] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    """By path, the texts of files that tell of packages."""

    def visible(self) -> dict[str, File]:
        """By path, what a container sees."""
        return {one.path: one for one in self.files}


def read(image: Image, known: Known | None = None) -> Files:
    """Reads every layer that is not `known`, some 1.5 s for 300 MB. Raises DamagedBlob."""
    known = known or Known()
    found = Files()
    for number, layer in enumerate(image.layers):
        contents = known.of(layer, _read_layer)
        found.files += [replace(one, layer=number) for one in contents.files]
        found.told |= contents.told
    return found


def _read_layer(layer: Layer) -> Contents:
    is_packed = layer.descriptor.digest != layer.diff_id
    told: dict[str, str] = {}
    rows: list[tuple[str, int, int, str]] = []
    with tar_of(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is None:
                continue
            path = member.name.removeprefix("./").lstrip("/")
            if _TOLD.fullmatch(path):
                text = content.read()
                told[path] = text.decode("utf-8", "replace")
                content = io.BytesIO(text)
            rows.append((path, member.size, *_measured(content, member.size, is_packed)))
    # Headers and padding of a tar are shared out like all else.
    scale = layer.descriptor.size / (sum(row[2] for row in rows) or 1)
    files = (File(path, 0, size, round(share * scale), x) for path, size, share, x in rows)
    return Contents(tuple(files), told)


def _measured(content: IO[bytes], size: int, is_packed: bool) -> tuple[int, str]:
    """What a file's content compresses to, and its digest where it is worth comparing.

    Read in pieces: a model may be larger than memory.
    """
    compressor = zstandard.ZstdCompressor(level=1).compressobj() if is_packed else None
    content_hash = hashlib.sha256() if size >= COMPARED_BYTES else None
    packed = 0
    while piece := content.read(_PIECE_BYTES):
        packed += len(compressor.compress(piece)) if compressor else len(piece)
        if content_hash:
            content_hash.update(piece)
    if compressor:
        packed += len(compressor.flush())
    return packed, content_hash.hexdigest() if content_hash else ""
