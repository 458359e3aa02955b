"""What is in layers that were read before: images share most of theirs, and one that is too large
is looked at again at each build."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lading.building.layers.record import write_record
from lading.errors import StoreError
from lading.oci import Digest, Layer

_FORM = 1
"""Of what is kept: raised where a file's share is reckoned otherwise."""


@dataclass(frozen=True)
class File:
    """A file of a layer. `layer` counts from the lowest, 0."""

    path: str
    layer: int
    size: int
    packed: int
    """Bytes of the stored layer, estimated: what it compresses to alone, scaled to the whole."""
    digest: str = ""
    """Its content's, of larger files."""


@dataclass(frozen=True)
class Contents:
    """Of one layer: its files, of which `File.layer` is 0, and the texts that tell of packages."""

    files: tuple[File, ...]
    told: Mapping[str, str]


class Known:
    """By the digest that a layer is stored under; below `folder` too, where there is one.

    May be deleted at any time.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._read: dict[Digest, Contents] = {}

    def of(self, layer: Layer, read: Callable[[Layer], Contents]) -> Contents:
        """The layer's contents, by `read` where they are not known."""
        digest = layer.descriptor.digest
        if digest not in self._read:
            found = self._recalled(digest)
            if found is None:
                found = read(layer)
                self._keep(digest, found)
            self._read[digest] = found
        return self._read[digest]

    def _recalled(self, digest: Digest) -> Contents | None:
        if self._folder is None:
            return None
        try:
            document = json.loads(self._path(digest).read_bytes())
            if document["form"] != _FORM:
                return None
            files = tuple(File(row[0], 0, row[1], row[2], row[3]) for row in document["files"])
            return Contents(files, dict(document["told"]))
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            return None

    def _keep(self, digest: Digest, found: Contents) -> None:
        if self._folder is None:
            return
        files = [[x.path, x.size, x.packed, x.digest] for x in found.files]
        document = {"form": _FORM, "files": files, "told": dict(found.told)}
        # Known for this time at least: a full disk is no reason to say nothing.
        with suppress(StoreError):
            write_record(self._path(digest), json.dumps(document).encode())

    def _path(self, digest: Digest) -> Path:
        assert self._folder is not None
        return self._folder / "sizes" / f"{digest.hex}.json"
