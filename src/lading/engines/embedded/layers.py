"""Layers, unpacked once and shared by all containers."""

from __future__ import annotations

import fcntl
import os
import shutil
import tarfile
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from lading.engines.embedded.unpack import Ownership, unpack
from lading.errors import DamagedBlob, EngineError
from lading.oci import Image, Layer
from lading.stores.store import Blobs
from lading.stores.uncompressed import tar_of


class Layers:
    """Folders by diff ID under `folder`; one appears only when it is whole and its digest right.

    A layer that turns out to be damaged is removed from `blobs`.
    """

    def __init__(self, folder: Path, ownership: Ownership, blobs: Blobs) -> None:
        self._folder = folder
        self._blobs = blobs
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

    def surplus(self, kept: Collection[str]) -> list[Path]:
        """Folders of layers whose diff IDs (hexadecimal) are not `kept`, sorted.

        What a caller that was killed left half unpacked, or half removed, is among them.
        """
        if not self._folder.is_dir():
            return []
        names = [one for one in self._folder.iterdir() if one.is_dir()]
        return sorted(one for one in names if one.name not in kept)

    def remove(self, folder: Path) -> int:
        """Remove one of `surplus`; bytes that it had. One that is being unpacked now stays.

        Takes its name away first: a layer is there whole, or not at all.
        """
        digest = folder.name.strip(".").partition(".")[0]
        lock = self._folder / f".{digest}.lock"
        with locked(lock):
            half = self._folder / f".{digest}.half"
            if folder != half and folder.is_dir():
                shutil.rmtree(half, ignore_errors=True)
                folder.rename(half)
            size = size_of(half)
            shutil.rmtree(half, ignore_errors=True)
        return size

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
                self._unpack_checked(layer, half)
                half.rename(path)
            except BaseException:
                shutil.rmtree(half, ignore_errors=True)
                raise

    def _unpack_checked(self, layer: Layer, folder: Path) -> None:
        try:
            self._unpack_tar(layer, folder)
        except DamagedBlob:
            # A build takes what is stored for good by its size alone: what is gone is made again.
            self._blobs.remove(layer.descriptor.digest)
            raise

    def _unpack_tar(self, layer: Layer, folder: Path) -> None:
        try:
            with tar_of(layer) as stream:
                unpack(stream, folder, self._ownership)
        except tarfile.TarError as problem:
            digest = layer.descriptor.digest
            self._blobs.verify(digest)
            raise EngineError("a layer is not a tar", str(digest), came=str(problem)) from problem


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder, each once however many names it has."""
    files: dict[tuple[int, int], int] = {}
    for top, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                status = os.lstat(os.path.join(top, name))  # noqa: PTH118 (some 100,000 of them)
                files[status.st_dev, status.st_ino] = status.st_size
    return sum(files.values())


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, against other threads and processes. Freed by a crash."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
