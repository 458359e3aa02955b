"""An OCI image layout on disk (image-spec 1.1, image-layout.md), shared by several processes.

A blob or document gets its name only when it is whole and on the disk, and the index is changed
last, under a lock. A crash leaves at most blobs that nothing points at, and unfinished files that
the next writer deletes.
"""

from __future__ import annotations

import fcntl
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lading.errors import ImageNotFound, StoreError
from lading.oci import Artifact, Digest, Image, Index, Reference
from lading.oci.document import Document, shown
from lading.oci.index import TYPES as INDEX_TYPES
from lading.stores import images
from lading.stores.blob_files import BlobFiles
from lading.stores.disk import explained
from lading.stores.incomplete import Incomplete
from lading.stores.index_file import IndexFile, Listed

VERSION = b'{"imageLayoutVersion":"1.0.0"}'


class Layout:
    """Satisfies `Store`. The folder is made by the first write.

    Besides what `Store` says, everything raises StoreError where the disk is full or the folder
    cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._blobs = BlobFiles(folder)
        self._index = IndexFile(folder, self._blobs.incomplete)

    @property
    def blobs(self) -> BlobFiles:
        return self._blobs

    def read(self, name: Reference | Digest) -> Image:
        with explained(self.folder):
            return images.read(self._blobs, self._digest(name))

    def write(self, image: Image, reference: Reference | None = None) -> Digest:
        with self.shared(), explained(self.folder):
            images.write(self._blobs, image)
            self._index.add(image.descriptor, reference)
        return image.digest

    def write_index(self, index: Index, reference: Reference | None = None) -> Digest:
        with self.shared(), explained(self.folder):
            images.write_index(self._blobs, index)
            self._index.add(index.descriptor, reference)
        return index.digest

    def index(self, name: Reference | Digest) -> Index | None:
        with explained(self.folder):
            return images.index(self._blobs, self._digest(name))

    def references(self) -> Iterator[tuple[Reference, Digest]]:
        with explained(self.folder):
            self._check_version()
            for name, one in sorted(self._index.images().items()):
                several = one.media_type in INDEX_TYPES
                yield name, images.shown(self._blobs, one.digest) if several else one.digest

    def attach(self, artifact: Artifact) -> Digest:
        with self.shared(), explained(self.folder):
            images.attach(self._blobs, artifact)
            self._index.attach(artifact)
        return artifact.digest

    def attached(self, subject: Digest) -> list[Artifact]:
        with explained(self.folder):
            self._check_version()
            return [images.attached(self._blobs, one) for one in self._index.attached(subject)]

    def detach(self, artifact: Artifact) -> None:
        with explained(self.folder):
            self._prepare()
            self._index.detach(artifact.digest)

    def unnamed(self) -> list[Digest]:
        """Images that no name points at any more, in the order in which they were written.

        What a name points at by way of an index has that name.
        """
        with explained(self.folder):
            self._check_version()
            named = {digest for index in self._indexes() for digest in index}
            return [digest for digest in self._index.unnamed() if digest not in named]

    def listed(self) -> list[Listed]:
        """Everything that is listed, in the order in which it was written."""
        with explained(self.folder):
            self._check_version()
            return self._index.listed()

    def forget(self, digests: Collection[Digest], names: Collection[Reference] = ()) -> None:
        """List some no more, and others without their names; their bytes stay."""
        with explained(self.folder):
            self._prepare()
            self._index.forget(digests, names)

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._used(fcntl.LOCK_SH):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no one else write meanwhile. Raises StoreError while somebody does."""
        try:
            with self._used(fcntl.LOCK_EX | fcntl.LOCK_NB):
                yield
        except BlockingIOError as error:
            raise StoreError(
                "is in use by a build, a pull or a start",
                str(self.folder),
                todo="try again once it is done",
            ) from error

    @contextmanager
    def _used(self, how: int) -> Iterator[None]:
        with explained(self.folder):
            self._prepare()
            lock = (self.folder / "use.lock").open("ab")
        with lock:
            fcntl.flock(lock, how)
            yield

    def _indexes(self) -> Iterator[list[Digest]]:
        """Images by index, of those indexes that have a name and can be read."""
        for one in self._index.images().values():
            if one.media_type in INDEX_TYPES:
                with suppress(StoreError):
                    index = images.index(self._blobs, one.digest)
                    yield [each.digest for each in index.manifests.values()] if index else []

    def _digest(self, name: Reference | Digest) -> Digest:
        self._check_version()
        if isinstance(name, Digest):
            return name
        found = self._index.images().get(name)
        if found is None:
            raise ImageNotFound(f"no image {name}", str(self.folder), todo="run `lading build`")
        return found.digest

    def _prepare(self) -> None:
        self._blobs.prepare()
        if self._check_version():
            return
        file = Incomplete(self._blobs.incomplete)
        try:
            file.write(VERSION)
            file.finish(self.folder / "oci-layout")
        finally:
            file.discard()

    def _check_version(self) -> bool:
        """Whether there is a layout. Raises StoreError when it is one of another version."""
        path = self.folder / "oci-layout"
        try:
            document = Document.parse(path.read_bytes(), str(path))
        except FileNotFoundError:
            return False
        version = document.text("imageLayoutVersion")
        if version != "1.0.0":
            where = document.at("imageLayoutVersion")
            raise StoreError(where=where, expected='"1.0.0"', came=shown(version))
        return True
