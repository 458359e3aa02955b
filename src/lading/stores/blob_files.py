"""Blobs as files, `blobs/sha256/<hex>` (image-spec 1.1, image-layout.md)."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Self

from lading.errors import StoreError
from lading.oci import Descriptor, Digest
from lading.progress import amount
from lading.stores import images
from lading.stores.disk import explained
from lading.stores.incomplete import Incomplete, sweep


class BlobFiles:
    """Satisfies `Blobs`, for several processes at once. `folder` is the layout's."""

    def __init__(self, folder: Path) -> None:
        self._named = folder / "blobs" / "sha256"
        self.incomplete = folder / "incomplete"
        """Where what is being written lies; the layout's index uses it too."""
        self._swept = False

    def path(self, digest: Digest) -> Path:
        """Where the blob lies, once it is there. Not to be written to."""
        return self._named / digest.hex

    def where(self, digest: Digest) -> str:
        return str(self.path(digest))

    def has(self, digest: Digest) -> bool:
        return self.path(digest).is_file()

    def size(self, digest: Digest) -> int | None:
        try:
            return self.path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def total_size(self) -> int:
        """Bytes of all that is stored, also of what no image has."""
        try:
            return sum(entry.stat().st_size for entry in os.scandir(self._named))
        except FileNotFoundError:
            return 0

    def all(self) -> Iterator[Digest]:
        """Every blob, in no order; what has another name than a digest's is passed over."""
        try:
            names = [entry.name for entry in os.scandir(self._named)]
        except FileNotFoundError:
            return
        for name in names:
            with suppress(StoreError):
                yield Digest.parse(f"sha256:{name}")

    def open(self, digest: Digest) -> BufferedReader:
        try:
            return self.path(digest).open("rb")
        except FileNotFoundError as error:
            raise images.missing(self, digest) from error
        except OSError as error:
            came = str(error.strerror).lower()
            raise StoreError("cannot be read", self.where(digest), came=came) from error

    def writer(self) -> BlobFileWriter:
        with explained(self._named):
            self.prepare()
            return BlobFileWriter(self)

    def check_room(self, size: int) -> None:
        with explained(self._named):
            self.prepare()
            free = shutil.disk_usage(self._named).free
        if size > free:
            raise StoreError(
                "the disk has too little room",
                str(self._named),
                amount(size),
                f"{amount(free)} free",
                "make room there, or set LADING_HOME to a folder on a larger disk",
            )

    def verify(self, digest: Digest) -> None:
        with self.open(digest) as stream:
            came = hashlib.file_digest(stream, "sha256").hexdigest()
        if came != digest.hex:
            raise images.damaged(self.where(digest), digest, Digest(came))

    def remove(self, digest: Digest) -> None:
        with explained(self._named):
            self.path(digest).unlink(missing_ok=True)

    def prepare(self) -> None:
        """Make the folders, and delete what dead writers left. Raises OSError."""
        self._named.mkdir(parents=True, exist_ok=True)
        self.incomplete.mkdir(exist_ok=True)
        if not self._swept:
            sweep(self.incomplete)
            self._swept = True


class BlobFileWriter:
    """Satisfies `BlobWriter`."""

    def __init__(self, blobs: BlobFiles) -> None:
        self._blobs = blobs
        self._file = Incomplete(blobs.incomplete)
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, content: bytes | memoryview, /) -> int:
        with explained(self._blobs.incomplete):
            written = self._file.write(content)
        self._hash.update(content)
        self._size += written
        return written

    def commit(self, media_type: str, expected: Digest | None = None) -> Descriptor:
        digest = Digest(self._hash.hexdigest())
        if expected and digest != expected:
            raise images.damaged("what was written", expected, digest)
        path = self._blobs.path(digest)
        with explained(path.parent):
            self._file.finish(path)
        return Descriptor(media_type, digest, self._size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self._file.discard()
