"""Layers as the tars they were before they were compressed, checked as they are read."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import BinaryIO

import zstandard

from lading.errors import DamagedBlob, StoreError
from lading.oci import Descriptor, Digest, Image, Layer, Manifest, media_types
from lading.stores.images import CHUNK_BYTES, REBUILD, damaged


def open_tar(layer: Layer) -> BinaryIO:
    """The uncompressed tar, to be read once from start to end.

    Reading raises DamagedBlob where it cannot be decompressed, and at the end, in place of the
    empty last read, where it is not what its diff ID says.
    """
    stored = layer.open()
    try:
        checked = _Checked(stored, _decompressed(layer, stored), layer)
    except BaseException:
        stored.close()
        raise
    return io.BufferedReader(checked, CHUNK_BYTES)


@contextmanager
def tar_of(layer: Layer) -> Iterator[BinaryIO]:
    """As `open_tar`, for a reader that may stop early: the end of the block reads the rest.

    What was read may be trusted once the block has ended without DamagedBlob.
    """
    with open_tar(layer) as stream:
        yield stream
        while stream.read(CHUNK_BYTES):
            pass


def uncompressed(image: Image, known: dict[Digest, Layer] | None = None) -> Image:
    """The same image with plain tars for layers: another digest, the same config.

    Reads every layer to know its size, but for those `known` by their diff ID, to which it adds the
    others. Raises DamagedBlob.
    """
    known = {} if known is None else known
    for layer in image.layers:
        if layer.diff_id not in known:
            known[layer.diff_id] = plain(layer)
    layers = tuple(known[layer.diff_id] for layer in image.layers)
    descriptors = tuple(layer.descriptor for layer in layers)
    manifest = replace(Manifest.parse(image.manifest), layers=descriptors)
    return Image(manifest.encode(), image.config, layers)


def plain(layer: Layer) -> Layer:
    """The layer as the tar it was. Reads all of it to know its size; raises DamagedBlob."""
    with open_tar(layer) as stream:
        size = sum(map(len, iter(partial(stream.read, CHUNK_BYTES), b"")))
    descriptor = Descriptor(media_types.LAYER, layer.diff_id, size)
    return Layer(descriptor, layer.diff_id, partial(open_tar, layer))


def _decompressed(layer: Layer, stored: BinaryIO) -> Callable[[int], bytes]:
    """The `read` of a stream of the layer's tar."""
    match layer.descriptor.media_type:
        case media_types.LAYER_ZSTD:
            reader = zstandard.ZstdDecompressor().stream_reader(stored, read_across_frames=True)
            return reader.read
        case media_types.LAYER_GZIP | media_types.DOCKER_LAYER_GZIP:
            return gzip.GzipFile(fileobj=stored).read
        case media_types.LAYER | media_types.DOCKER_LAYER:
            return stored.read
        case other:
            where = f"layer {layer.descriptor.digest}"
            expected = "a plain, gzip or zstd tar"
            raise StoreError("cannot be decompressed", where, expected, other)


class _Checked(io.RawIOBase):
    """Hashes what passes, and puts a decompressor's errors into words."""

    def __init__(self, stored: BinaryIO, read: Callable[[int], bytes], layer: Layer) -> None:
        self._stored = stored
        self._read = read
        self._layer = layer
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            chunk = self._read(len(buffer))
        except (zstandard.ZstdError, zlib.error, EOFError, gzip.BadGzipFile) as error:
            kind = self._layer.descriptor.media_type
            raise DamagedBlob(
                "cannot be decompressed", self._where(), kind, str(error), REBUILD
            ) from error
        if not chunk:
            self._verify()
        self._hash.update(chunk)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._stored.close()
        super().close()

    def _verify(self) -> None:
        came = Digest(self._hash.hexdigest())
        if came != self._layer.diff_id:
            raise damaged(f"{self._where()} uncompressed", self._layer.diff_id, came)

    def _where(self) -> str:
        return f"layer {self._layer.descriptor.digest}"
