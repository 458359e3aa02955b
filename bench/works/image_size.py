"""How large an image is: unpacked, and as a registry holds it."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.app import App
from bench.docker import Docker
from bench.figure import Figure, duration, size, times
from bench.peer import BASE, Peer
from lading.stores.layout import Layout
from lading.stores.uncompressed import tar_of

GOAL = 0.6
_CHUNK_BYTES = 1024**2
# What `docker push` uses.
_GZIP_LEVEL = 6


@dataclass(frozen=True)
class Sizes:
    """Of an image, in bytes: the files in it, and all layers, compressed each for itself."""

    files: int
    sent: int
    seconds: float = 0.0
    """What compressing them took, on one core; 0 where they lie compressed."""


def measure(app: App, peer: Peer, folder: Path) -> list[Figure]:
    """Our image beside the one that Docker built from the same pins."""
    ours = _ours(app)
    theirs = _theirs(peer.docker, peer.tag, folder)
    base = _theirs(peer.docker, BASE, folder)
    note = f"with its base of {size(base.files)} unpacked and {size(base.sent)} sent"
    sent = (
        "layers as our store holds them (zstd); layers as `docker push` sends them "
        f"(gzip -{_GZIP_LEVEL}), {note}. Compressing what Docker built above its base takes "
        f"another {duration(theirs.seconds - base.seconds)}; a build of ours has done so already"
    )
    files = f"bytes of all files in all layers, on both sides; Docker's {note}"
    return [
        _figure("image size, as sent", ours.sent, theirs.sent, sent),
        _figure("image size, unpacked", ours.files, theirs.files, files),
    ]


def _figure(work: str, ours: int, theirs: int, sides: str) -> Figure:
    share = ours / theirs
    goal = f"≤ {times(GOAL)}"
    return Figure(work, size(ours), size(theirs), times(share), goal, share <= GOAL, sides)


def _ours(app: App) -> Sizes:
    image = Layout(app.folders.store).read(app.digest())
    files = 0
    for layer in image.layers:
        with tar_of(layer) as stream:
            files += _files(stream)
    return Sizes(files, sum(layer.descriptor.size for layer in image.layers))


def _theirs(docker: Docker, name: str, folder: Path) -> Sizes:
    saved = folder / "saved.tar"
    docker("save", "--output", saved, name)
    try:
        with tarfile.open(saved) as archive:
            (image,) = json.load(_opened(archive, "manifest.json"))
            files = sum(_files(_opened(archive, layer)) for layer in image["Layers"])
            begun = time.perf_counter()
            sent = sum(_compressed(_opened(archive, layer)) for layer in image["Layers"])
        return Sizes(files, sent, time.perf_counter() - begun)
    finally:
        saved.unlink()


def _opened(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    return archive.extractfile(name) or io.BytesIO()


def _files(stream: IO[bytes]) -> int:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        return sum(member.size for member in archive if member.isfile())


def _compressed(stream: IO[bytes]) -> int:
    counted = _Counting()
    with gzip.GzipFile(fileobj=counted, mode="wb", compresslevel=_GZIP_LEVEL, mtime=0) as packed:
        while chunk := stream.read(_CHUNK_BYTES):
            packed.write(chunk)
    return counted.written


class _Counting(io.RawIOBase):
    """A file that keeps nothing but how much was written."""

    written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        amount = len(memoryview(data))  # type: ignore[arg-type]
        self.written += amount
        return amount
