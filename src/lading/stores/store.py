"""The store protocol: images by name or digest, blobs by digest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from lading.oci import Digest, Image, Reference


class Blobs(Protocol):
    """Content-addressed bytes."""

    def has(self, digest: Digest) -> bool:
        """Whether a blob is present. Says nothing of its being undamaged."""
        ...

    def open(self, digest: Digest) -> BinaryIO:
        """The stored bytes, from the start. Raises StoreError when there are none."""
        ...


class Store(Protocol):
    """A place that keeps images."""

    @property
    def blobs(self) -> Blobs: ...

    def read(self, name: Reference | Digest) -> Image:
        """Raises ImageNotFound, or DamagedBlob when its manifest or config is damaged."""
        ...

    def write(self, image: Image, reference: Reference | None = None) -> Digest:
        """Keep an image, and point `reference` at it. All or nothing, also across a crash."""
        ...

    def references(self) -> Iterator[tuple[Reference, Digest]]:
        """Every name in the store and the image it points at, sorted by name."""
        ...
