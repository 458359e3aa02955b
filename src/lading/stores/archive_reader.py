"""Reads archives that `docker save`, `podman save` or Lading wrote."""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from lading.errors import StoreError
from lading.oci import Descriptor, Digest, Image, Layer, Manifest, media_types
from lading.oci.config import Config
from lading.oci.document import Document
from lading.stores.disk import explained
from lading.stores.images import DOCUMENT_BYTES

KIND = "an image archive as `docker save` writes it"


def read(path: Path) -> Image:
    """The one image of an archive. Annotations of its manifest are not kept.

    Its layers are read from the file, which must stay, each time they are opened. They are taken
    for what the config says; a store that they are written to checks them. Raises StoreError.
    """
    with explained(path.parent):
        archive = _Archive.of(path)
        entry = _only_image(archive)
        config = archive.document(entry.text("Config"))
        names, diff_ids = entry.texts("Layers"), Config.parse(config).diff_ids
    if len(names) != len(diff_ids):
        count, came = str(len(diff_ids)), str(len(names))
        raise StoreError(where=entry.at("Layers"), expected=f"{count} layers", came=came)
    layers = tuple(map(archive.layer, names, diff_ids))
    manifest = Manifest(
        Descriptor.of(media_types.CONFIG, config), tuple(layer.descriptor for layer in layers)
    )
    return Image(manifest.encode(), config, layers)


def _only_image(archive: _Archive) -> Document:
    raw = archive.document("manifest.json")
    entries = Document.parse_list(raw, f"{archive.path}: manifest.json")
    if len(entries) != 1:
        raise StoreError(where=str(archive.path), expected="one image", came=str(len(entries)))
    return entries[0]


@dataclass(frozen=True)
class _Archive:
    path: Path
    members: Mapping[str, tarfile.TarInfo]

    @classmethod
    def of(cls, path: Path) -> _Archive:
        try:
            with tarfile.open(path, "r:") as tar:
                return cls(path, {posixpath.normpath(x.name): x for x in tar})
        except tarfile.TarError as error:
            raise StoreError(where=str(path), expected=KIND, came=str(error)) from error

    def document(self, name: str) -> bytes:
        member = self._file(name)
        if member.size > DOCUMENT_BYTES:
            where, expected = f"{self.path}: {name}", f"at most {DOCUMENT_BYTES} bytes"
            raise StoreError(where=where, expected=expected, came=f"{member.size} bytes")
        with self._open(member) as stream:
            return stream.read()

    def layer(self, name: str, diff_id: Digest) -> Layer:
        member = self._file(name)
        descriptor = Descriptor(media_types.LAYER, diff_id, member.size)
        return Layer(descriptor, diff_id, partial(self._open, member))

    def _file(self, name: str) -> tarfile.TarInfo:
        """A regular file; `docker save` before version 25 links to layers it has written."""
        member = self.members.get(posixpath.normpath(name))
        if member and member.issym():
            target = posixpath.join(posixpath.dirname(member.name), member.linkname)
            member = self.members.get(posixpath.normpath(target))
        if member is None or not member.isfile():
            came = f"no file {name} in it"
            raise StoreError(where=str(self.path), expected=KIND, came=came)
        return member

    def _open(self, member: tarfile.TarInfo) -> BinaryIO:
        with explained(self.path.parent):
            stream = self.path.open("rb", buffering=0)
            stream.seek(member.offset_data)
        return io.BufferedReader(_Section(stream, member.size), 1024**2)


class _Section(io.RawIOBase):
    """The next `size` bytes of a file."""

    def __init__(self, stream: io.FileIO, size: int) -> None:
        self._stream = stream
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self._stream.read(min(len(buffer), self._left)) or b""
        buffer[: len(chunk)] = chunk
        self._left -= len(chunk)
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()
