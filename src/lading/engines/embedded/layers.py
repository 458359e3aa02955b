"""Layers, unpacked once and shared by all containers."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from lading.engines.embedded.unpack import Ownership, unpack
from lading.errors import DamagedBlob
from lading.oci import Image, Layer, media_types

_CHUNK = 1024 * 1024
_DAMAGE = (zstandard.ZstdError, zlib.error, gzip.BadGzipFile, EOFError, tarfile.TarError)


class Layers:
    """Folders by diff ID under `folder`; one appears only when it is whole and its digest right."""

    def __init__(self, folder: Path, ownership: Ownership) -> None:
        self._folder = folder
        self._ownership = ownership

    def of(self, image: Image) -> list[Path]:
        """The image's layers as folders, lowest first.

        Raises DamagedBlob, StoreError, EngineError.
        """
        missing = {x.diff_id: x for x in image.layers if not self._path(x).is_dir()}
        if missing:
            self._folder.mkdir(parents=True, exist_ok=True)
            with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
                list(pool.map(self._unpack, missing.values()))
        return [self._path(layer) for layer in image.layers]

    def _path(self, layer: Layer) -> Path:
        return self._folder / layer.diff_id.hex

    def _unpack(self, layer: Layer) -> None:
        path = self._path(layer)
        with locked(self._folder / f".{layer.diff_id.hex}.lock"):
            if path.is_dir():
                return
            # Left by a caller that was killed; whoever holds the lock owns the name.
            half = path.with_name(f".{path.name}.half")
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            try:
                _unpack_checked(layer, half, self._ownership)
                half.rename(path)
            except BaseException:
                shutil.rmtree(half, ignore_errors=True)
                raise


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, against other threads and processes. Freed by a crash."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _unpack_checked(layer: Layer, folder: Path, ownership: Ownership) -> None:
    with layer.open() as stored:
        hashing = _Hashing(_decompressed(stored, layer.descriptor.media_type))
        try:
            unpack(cast(BinaryIO, hashing), folder, ownership)
            while hashing.read(_CHUNK):
                pass
        except _DAMAGE as problem:
            raise _damaged(layer, str(problem)) from problem
    if hashing.digest != layer.diff_id.hex:
        raise _damaged(layer, f"sha256:{hashing.digest}")


def _damaged(layer: Layer, came: str) -> DamagedBlob:
    return DamagedBlob(
        "a layer is damaged",
        where=str(layer.descriptor.digest),
        expected=f"content with digest {layer.diff_id}",
        came=came,
        todo="build the image again",
    )


def _decompressed(stored: BinaryIO, media_type: str) -> BinaryIO:
    if media_type == media_types.LAYER_ZSTD or media_type.endswith("zstd"):
        reader = zstandard.ZstdDecompressor().stream_reader(stored, read_across_frames=True)
        return cast(BinaryIO, reader)
    if media_type == media_types.LAYER_GZIP or media_type.endswith("gzip"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=stored, mode="rb"))
    return stored


class _Hashing:
    """A stream that knows the digest of what was read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(size)
        self._hash.update(content)
        return content

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()
