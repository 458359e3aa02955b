"""The store protocol: images by name or digest, blobs by digest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from lading.oci import Artifact, Descriptor, Digest, Image, Index, Reference


class BlobWriter(Protocol):
    """Takes the bytes of a blob, once, and hashes them as they pass.

    Used with `with`: leaving it without `commit` keeps nothing.
    """

    def write(self, content: bytes | memoryview, /) -> int:
        """The number of bytes taken: always all of them."""
        ...

    def commit(self, media_type: str, expected: Digest | None = None) -> Descriptor:
        """Keep what was written. Raises DamagedBlob, keeping nothing, when it is not `expected`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...


class Blobs(Protocol):
    """Content-addressed bytes. May be used from several threads at once."""

    def has(self, digest: Digest) -> bool:
        """Whether a blob is present. Says nothing of its being undamaged."""
        ...

    def size(self, digest: Digest) -> int | None:
        """Bytes that are stored; None when there are none."""
        ...

    def where(self, digest: Digest) -> str:
        """Where the blob lies, in words for a message."""
        ...

    def open(self, digest: Digest) -> BinaryIO:
        """The stored bytes, from the start. Raises StoreError when there are none."""
        ...

    def writer(self) -> BlobWriter:
        """A way to add a blob. One that is there already is replaced, which mends it."""
        ...

    def check_room(self, size: int) -> None:
        """Raises StoreError where so many bytes more would not go in."""
        ...

    def verify(self, digest: Digest) -> None:
        """Read all of a blob. Raises DamagedBlob when it has another digest, StoreError."""
        ...

    def remove(self, digest: Digest) -> None:
        """Forget a blob; does nothing when there is none. Who has it open may read on."""
        ...


class Store(Protocol):
    """A place that keeps images."""

    @property
    def blobs(self) -> Blobs: ...

    def read(self, name: Reference | Digest) -> Image:
        """Raises ImageNotFound, or DamagedBlob when its manifest or config is damaged.

        Of an index, the image for this machine's platform; ImageNotFound where it has none.
        Of the layers, that they are there and how large they are is checked; `blobs.verify` reads
        them.
        """
        ...

    def write(self, image: Image, reference: Reference | None = None) -> Digest:
        """Keep an image, and point `reference` at it. All or nothing, also across a crash.

        Layers that are there already are not opened. Raises StoreError when it is not an image by
        the specification, DamagedBlob when a layer's bytes do not have its digest.
        """
        ...

    def write_index(self, index: Index, reference: Reference | None = None) -> Digest:
        """Keep an index of images that are in the store, and point `reference` at it.

        All or nothing, also across a crash. Raises ImageNotFound where one of them is not there,
        DamagedBlob where one is damaged.
        """
        ...

    def index(self, name: Reference | Digest) -> Index | None:
        """The index of that name or digest; None where it is of one image alone.

        Raises ImageNotFound, DamagedBlob.
        """
        ...

    def references(self) -> Iterator[tuple[Reference, Digest]]:
        """Every name in the store and the image it points at, sorted by name.

        Of an index, the image for this machine's platform, else the first there is.
        """
        ...

    def shared(self) -> AbstractContextManager[None]:
        """Let nobody prune meanwhile: what is in the making has no name that would keep it.

        Held by any number at once, and waited for while the store is pruned.
        """
        ...

    def attach(self, artifact: Artifact) -> Digest:
        """Keep what is said of an image. Attached twice, it is there once; all or nothing.

        Raises ImageNotFound where its subject is not in the store.
        """
        ...

    def attached(self, subject: Digest) -> list[Artifact]:
        """What is said of an image, oldest first. Raises StoreError, DamagedBlob."""
        ...

    def detach(self, artifact: Artifact) -> None:
        """Attach it no longer; does nothing where it is not. Its blobs stay until they are swept.

        Raises StoreError.
        """
        ...
