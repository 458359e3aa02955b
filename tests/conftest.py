"""Fixtures for all tests."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import zstandard

from lading.oci import Descriptor, Digest, Image, Layer, assemble, media_types

COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    media_types.LAYER: bytes,
    media_types.LAYER_GZIP: lambda tar: gzip.compress(tar, mtime=0),
    media_types.LAYER_ZSTD: lambda tar: zstandard.ZstdCompressor().compress(tar),
}


class Images:
    """Makes small images by hand."""

    def layer(self, files: Mapping[str, bytes], media_type: str = media_types.LAYER_ZSTD) -> Layer:
        """A layer of executable files."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size, member.mode = len(content), 0o755
                tar.addfile(member, io.BytesIO(content))
        tar_bytes = buffer.getvalue()
        stored = COMPRESS[media_type](tar_bytes)
        return Layer(
            Descriptor.of(media_type, stored), Digest.of(tar_bytes), lambda: io.BytesIO(stored)
        )

    def image(self, *layers: Layer, **config: object) -> Image:
        """An image of `layers`, by default two of them."""
        settings = {
            "created": "1970-01-01T00:00:00Z",
            "os": "linux",
            "architecture": "amd64",
            "config": config,
        }
        chosen = layers or (self.layer({"lower": b"1"}), self.layer({"upper": b"2"}))
        return assemble(settings, chosen, {"org.example.note": "by hand"})


@pytest.fixture
def images() -> Images:
    return Images()


@pytest.fixture
def run_folder() -> Iterator[Path]:
    """Where an engine may have its sockets: their paths have 107 bytes, and `tmp_path` of a worker
    of a user with a long name takes nearly all of them."""
    with tempfile.TemporaryDirectory(prefix="run-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
