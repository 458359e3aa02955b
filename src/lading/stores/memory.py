"""Images in memory: gone with the process."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import BinaryIO, Self

from lading.errors import ImageNotFound
from lading.oci import Artifact, Descriptor, Digest, Image, Index, Reference
from lading.stores import images


class Memory:
    """Satisfies `Store`."""

    def __init__(self) -> None:
        self._blobs = MemoryBlobs()
        self._names: dict[Reference, Digest] = {}
        self._attached: dict[Digest, dict[Digest, None]] = {}

    @property
    def blobs(self) -> MemoryBlobs:
        return self._blobs

    def read(self, name: Reference | Digest) -> Image:
        return images.read(self._blobs, self._digest(name))

    def write(self, image: Image, reference: Reference | None = None) -> Digest:
        images.write(self._blobs, image)
        if reference:
            self._names[reference] = image.digest
        return image.digest

    def write_index(self, index: Index, reference: Reference | None = None) -> Digest:
        images.write_index(self._blobs, index)
        if reference:
            self._names[reference] = index.digest
        return index.digest

    def index(self, name: Reference | Digest) -> Index | None:
        return images.index(self._blobs, self._digest(name))

    def references(self) -> Iterator[tuple[Reference, Digest]]:
        for name, digest in sorted(self._names.items()):
            yield name, images.shown(self._blobs, digest)

    def shared(self) -> AbstractContextManager[None]:
        return nullcontext()

    def attach(self, artifact: Artifact) -> Digest:
        images.attach(self._blobs, artifact)
        self._attached.setdefault(artifact.subject.digest, {})[artifact.digest] = None
        return artifact.digest

    def attached(self, subject: Digest) -> list[Artifact]:
        return [images.attached(self._blobs, one) for one in self._attached.get(subject, ())]

    def detach(self, artifact: Artifact) -> None:
        self._attached.get(artifact.subject.digest, {}).pop(artifact.digest, None)

    def _digest(self, name: Reference | Digest) -> Digest:
        digest = name if isinstance(name, Digest) else self._names.get(name)
        if digest is None:
            raise ImageNotFound(f"no image {name}", "memory", todo="run `lading build`")
        return digest


class MemoryBlobs:
    """Satisfies `Blobs`."""

    def __init__(self) -> None:
        self.contents: dict[Digest, bytes] = {}

    def has(self, digest: Digest) -> bool:
        return digest in self.contents

    def size(self, digest: Digest) -> int | None:
        return len(self.contents[digest]) if digest in self.contents else None

    def where(self, digest: Digest) -> str:
        return f"memory: {digest}"

    def open(self, digest: Digest) -> BinaryIO:
        if digest not in self.contents:
            raise images.missing(self, digest)
        return io.BytesIO(self.contents[digest])

    def writer(self) -> MemoryWriter:
        return MemoryWriter(self)

    def check_room(self, size: int) -> None: ...

    def verify(self, digest: Digest) -> None:
        with self.open(digest) as stream:
            came = Digest.of(stream.read())
        if came != digest:
            raise images.damaged(self.where(digest), digest, came)

    def remove(self, digest: Digest) -> None:
        self.contents.pop(digest, None)


class MemoryWriter:
    """Satisfies `BlobWriter`."""

    def __init__(self, blobs: MemoryBlobs) -> None:
        self._blobs = blobs
        self._content = io.BytesIO()

    def write(self, content: bytes | memoryview, /) -> int:
        return self._content.write(content)

    def commit(self, media_type: str, expected: Digest | None = None) -> Descriptor:
        content = self._content.getvalue()
        descriptor = Descriptor.of(media_type, content)
        if expected and descriptor.digest != expected:
            raise images.damaged("what was written", expected, descriptor.digest)
        self._blobs.contents[descriptor.digest] = content
        return descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self._content.close()
