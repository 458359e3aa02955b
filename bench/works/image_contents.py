"""What the bytes of our image are."""

from __future__ import annotations

import tarfile
from collections import defaultdict
from dataclasses import dataclass
from typing import IO

import zstandard

from bench.app import App
from lading.stores.layout import Layout
from lading.stores.uncompressed import tar_of

# About what the builder compresses layers with; here every kind is compressed for itself.
_LEVEL = 9
_SUFFIXES = {
    ".pyc": "bytecode",
    ".py": "Python source",
    ".pyi": "for compilers: stubs, headers, sources",
    ".pyx": "for compilers: stubs, headers, sources",
    ".pxd": "for compilers: stubs, headers, sources",
    ".h": "for compilers: stubs, headers, sources",
    ".c": "for compilers: stubs, headers, sources",
    ".cpp": "for compilers: stubs, headers, sources",
    ".a": "for compilers: stubs, headers, sources",
}


class Content:
    """The files of one kind: how many, and how many bytes as they are and compressed together."""

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0
        self.compressed = 0
        self._packer = zstandard.ZstdCompressor(level=_LEVEL).compressobj()

    def add(self, data: bytes) -> None:
        self.files += 1
        self.bytes += len(data)
        self.compressed += len(self._packer.compress(data))

    def close(self) -> None:
        self.compressed += len(self._packer.flush())


@dataclass(frozen=True)
class Kind:
    """A layer's name and what sort of file."""

    layer: str
    sort: str


def contents(app: App) -> dict[Kind, Content]:
    """Kinds of file in our image, the largest first."""
    counted: dict[Kind, Content] = defaultdict(Content)
    image = Layout(app.folders.store).read(app.digest())
    for layer, described in zip(image.layers, app.built()["layers"], strict=True):
        with tar_of(layer) as stream:
            _count(stream, described["kind"], counted)
    for content in counted.values():
        content.close()
    return dict(sorted(counted.items(), key=lambda pair: -pair[1].compressed))


def _count(stream: IO[bytes], layer: str, counted: dict[Kind, Content]) -> None:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if file := archive.extractfile(member) if member.isfile() else None:
                counted[Kind(layer, _sort(member.name))].add(file.read())


def _sort(path: str) -> str:
    *folders, name = path.split("/")
    if {"tests", "test"} & set(folders):
        return "folders of tests"
    if ".so" in name:
        return "shared libraries"
    if "bin" in folders or "sbin" in folders:
        return "programs"
    dot = name.rfind(".")
    return _SUFFIXES.get(name[dot:], "other") if dot > 0 else "other"
