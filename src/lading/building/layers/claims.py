"""What an image's layers are said to be made of: so that who pulled it need not make them again.

A claim is somebody's word: whose word counts is decided where it is read (`lading.bills.claims`).
It counts for an image as a whole. Were single layers taken, a build here could end in an image of
its own, with a bill of its own, around bytes that nobody here made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lading.building.layers.blob import Blob
from lading.building.layers.wanted import Wanted
from lading.oci import Descriptor, Digest, Image, Layer
from lading.oci.annotations import UNPACKED

Found = tuple[Wanted, Blob | None]


@dataclass(frozen=True)
class Claim:
    """The keys (`cache.key`) that layers of one image are said to have, by the layers' digests."""

    image: Image
    keys: Mapping[Digest, frozenset[str]]

    def completed(self, layers: Sequence[Found]) -> list[tuple[Wanted, Blob]] | None:
        """All layers, those that are missing being the image's at the same height; None where the
        claim does not say so of each of them."""
        if len(layers) != len(self.image.layers):
            return None
        found = []
        for (wanted, blob), layer in zip(layers, self.image.layers, strict=True):
            taken = blob or self._blob(wanted.key(), layer)
            if taken is None:
                return None
            found.append((wanted, taken))
        return found

    def may_complete(self, layers: Sequence[Found]) -> bool:
        """Whether nothing is amiss but keys that are not known before large files are read."""
        if len(layers) != len(self.image.layers):
            return False
        pairs = zip(layers, self.image.layers, strict=True)
        return all(
            blob or (key := wanted.key()) is None or self._blob(key, layer)
            for (wanted, blob), layer in pairs
        )

    def _blob(self, key: str | None, layer: Layer) -> Blob | None:
        if key is None or key not in self.keys.get(layer.descriptor.digest, ()):
            return None
        # Its size unpacked is part of the image's digest: it has to be what it was for who made it.
        size = layer.descriptor.annotations.get(UNPACKED, "")
        if not (size.isascii() and size.isdigit()):
            return None
        bare = layer.descriptor
        descriptor = Descriptor(bare.media_type, bare.digest, bare.size)
        return Blob(descriptor, layer.diff_id, int(size))
