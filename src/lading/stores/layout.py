"""An OCI image layout on disk (image-spec 1.1, image-layout.md), shared by several processes.

A blob or document gets its name only when it is whole and on the disk, and the index is changed
last, under a lock. A crash leaves at most blobs that nothing points at, and unfinished files that
the next writer deletes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lading.errors import ImageNotFound, StoreError
from lading.oci import Artifact, Digest, Image, Reference
from lading.oci.document import Document, shown
from lading.stores import images
from lading.stores.blob_files import BlobFiles
from lading.stores.disk import explained
from lading.stores.incomplete import Incomplete
from lading.stores.index_file import IndexFile

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
            self._check_version()
            digest = name if isinstance(name, Digest) else self._index.images().get(name)
            if digest is None:
                todo = "run `lading build`"
                raise ImageNotFound(f"no image {name}", str(self.folder), todo=todo)
            return images.read(self._blobs, digest)

    def write(self, image: Image, reference: Reference | None = None) -> Digest:
        with explained(self.folder):
            self._prepare()
            images.write(self._blobs, image)
            self._index.add(image.descriptor, reference)
        return image.digest

    def references(self) -> Iterator[tuple[Reference, Digest]]:
        with explained(self.folder):
            self._check_version()
            yield from sorted(self._index.images().items())

    def attach(self, artifact: Artifact) -> Digest:
        with explained(self.folder):
            self._prepare()
            images.attach(self._blobs, artifact)
            self._index.attach(artifact)
        return artifact.digest

    def attached(self, subject: Digest) -> list[Artifact]:
        with explained(self.folder):
            self._check_version()
            return [images.attached(self._blobs, one) for one in self._index.attached(subject)]

    def unnamed(self) -> list[Digest]:
        """Images that no name points at any more, in the order in which they were written."""
        with explained(self.folder):
            self._check_version()
            return self._index.unnamed()

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
