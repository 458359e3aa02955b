"""The files of an image's layers, each with its size and its share of the layer as it is sent."""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field

import zstandard

from lading.oci import Image, Layer
from lading.stores.uncompressed import tar_of

COMPARED_BYTES = 64 * 1024
"""Smaller files are not compared: all that are there twice come to little."""
_TOLD = re.compile(
    r".*\.dist-info/(?:RECORD|METADATA)|var/lib/dpkg/status\.d/.*|var/lib/dpkg/info/.*\.list"
    r"|var/lib/dpkg/status"
)
"""Files that tell what others belong to."""


@dataclass(frozen=True)
class File:
    """A file of a layer. `layer` counts from the lowest, 0."""

    path: str
    layer: int
    size: int
    packed: int
    """Bytes of the stored layer, estimated: what it compresses to alone, scaled to the whole."""
    digest: str = ""
    """Its content's, of larger files."""


@dataclass
class Files:
    """All files of an image, hidden ones too: a file that a higher layer replaces is still sent."""

    files: list[File] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    """By path, the texts of files that tell of packages."""

    def visible(self) -> dict[str, File]:
        """By path, what a container sees."""
        return {one.path: one for one in self.files}


def read(image: Image) -> Files:
    """Reads every layer, some 1.5 s for 300 MB. Raises DamagedBlob."""
    found = Files()
    for number, layer in enumerate(image.layers):
        _read_layer(layer, number, found)
    return found


def _read_layer(layer: Layer, number: int, found: Files) -> None:
    packed = _packing(layer)
    rows: list[tuple[str, int, int, str]] = []
    with tar_of(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is None:
                continue
            data = content.read()
            digest = hashlib.sha256(data).hexdigest() if len(data) >= COMPARED_BYTES else ""
            path = member.name.removeprefix("./").lstrip("/")
            rows.append((path, len(data), packed(data), digest))
            if _TOLD.fullmatch(path):
                found.told[path] = data.decode("utf-8", "replace")
    # Headers and padding of a tar are shared out like all else.
    scale = layer.descriptor.size / (sum(row[2] for row in rows) or 1)
    for path, size, share, digest in rows:
        found.files.append(File(path, number, size, round(share * scale), digest))


def _packing(layer: Layer) -> Callable[[bytes], int]:
    if layer.descriptor.digest == layer.diff_id:
        return len
    compressor = zstandard.ZstdCompressor(level=1)
    return lambda data: len(compressor.compress(data))
