"""Layers that were made before, found again by everything that went into them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lading.building.layers import blob
from lading.building.layers.blob import Blob
from lading.building.layers.record import write_record
from lading.errors import StoreError
from lading.oci import Descriptor, Digest
from lading.stores.layout import Layout

_BUILDER = Path(__file__).parents[1]


@cache
def builder() -> str:
    """A hash of the code that makes layers: other code may make another layer of the same inputs.

    Some 2 ms, once a process; a number that must not be forgotten to be raised costs more.
    """
    content = hashlib.sha256()
    for path in sorted(_BUILDER.rglob("*.py")):
        content.update(f"{path.relative_to(_BUILDER)}\n".encode())
        content.update(path.read_bytes())
    return content.hexdigest()


def key(kind: str, inputs: Iterable[str]) -> str:
    """The name of a layer made of `inputs`, which say all that decides its bytes."""
    parts = [kind, f"builder {builder()}", blob.COMPRESSOR]
    text = json.dumps([*parts, *inputs], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class LayerCache:
    """Records below `folder` of blobs in `store`. May be deleted at any time."""

    folder: Path
    store: Layout

    def find(self, name: str) -> Blob | None:
        """The layer of that key, if its blob is in the store and whole, judged by its size.

        `lading verify` asks for none: it makes all of them again.
        """
        found = self._recorded(name)
        if found is None:
            return None
        whole = self.store.blobs.size(found.descriptor.digest) == found.descriptor.size
        return found if whole else None

    def keep(self, name: str, made: Blob) -> None:
        """Raises StoreError when the disk does not take it."""
        document = {
            "descriptor": made.descriptor.to_json(),
            "diffId": str(made.diff_id),
            "unpackedSize": made.unpacked_size,
        }
        write_record(self._path(name), json.dumps(document).encode())

    def _recorded(self, name: str) -> Blob | None:
        try:
            return _decoded(json.loads(self._path(name).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError, StoreError):
            return None

    def _path(self, name: str) -> Path:
        return self.folder / "layers" / f"{name}.json"


def _decoded(document: dict[str, object]) -> Blob:
    descriptor, size = document["descriptor"], document["unpackedSize"]
    if not isinstance(descriptor, dict) or not isinstance(size, int):
        raise TypeError
    return Blob(Descriptor.from_json(descriptor), Digest.parse(str(document["diffId"])), size)
