"""The files of an image's layers, each with its size and its share of the layer as it is sent."""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import zstandard

from lading.oci import Digest, Image, Layer
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


@dataclass(frozen=True)
class Contents:
    """Of one layer: its files, of which `File.layer` is 0, and the texts that tell of packages."""

    files: tuple[File, ...]
    told: Mapping[str, str]


Known = dict[Digest, Contents]
"""Layers that were read, by the digest that they are stored under: images share most of theirs."""


def read(image: Image, known: Known | None = None) -> Files:
    """Reads every layer that is not `known`, some 1.5 s for 300 MB. Raises DamagedBlob."""
    known = {} if known is None else known
    found = Files()
    for number, layer in enumerate(image.layers):
        digest = layer.descriptor.digest
        if digest not in known:
            known[digest] = _read_layer(layer)
        found.files += [replace(one, layer=number) for one in known[digest].files]
        found.told |= known[digest].told
    return found


def _read_layer(layer: Layer) -> Contents:
    packed = _packing(layer)
    told: dict[str, str] = {}
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
                told[path] = data.decode("utf-8", "replace")
    # Headers and padding of a tar are shared out like all else.
    scale = layer.descriptor.size / (sum(row[2] for row in rows) or 1)
    files = (File(path, 0, size, round(share * scale), x) for path, size, share, x in rows)
    return Contents(tuple(files), told)


def _packing(layer: Layer) -> Callable[[bytes], int]:
    if layer.descriptor.digest == layer.diff_id:
        return len
    compressor = zstandard.ZstdCompressor(level=1)
    return lambda data: len(compressor.compress(data))
