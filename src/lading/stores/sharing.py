"""What images have in common, in bytes: blobs are stored once, and layers unpacked once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lading.oci import Digest, Image, Layer, media_types
from lading.oci.annotations import KIND, TITLE, UNPACKED


@dataclass(frozen=True)
class SharedLayer:
    """A layer of an image. `kind` and `title` are empty where nobody said."""

    kind: str
    title: str
    digest: Digest
    size: int
    """As it is stored."""
    unpacked_size: int | None
    """Of its tar; None where nobody said."""
    image: str
    """Whose layer it is."""
    had_by: Sequence[str] = field(compare=False, repr=False)
    """The images that have it, in the order in which they were given: one list for all of them."""

    @property
    def others(self) -> int:
        """How many other images have it."""
        return len(self.had_by) - 1

    @property
    def also_in(self) -> str:
        """The other image that has it; empty where none has, or several: of many images that have
        much in common, all names would be the square of them."""
        return next(name for name in self.had_by if name != self.image) if self.others == 1 else ""


@dataclass(frozen=True)
class Share:
    """An image among others. Sizes are bytes as they are stored, manifest and config included."""

    name: str
    digest: Digest
    size: int
    unpacked_size: int | None
    """Of all its layers; None where it cannot be told."""
    shared_size: int
    """Of what another of the images has as well."""
    own_size: int
    """Of what none of the others has: what is gained when it goes."""
    added_size: int
    """Of what no image before it has: all of these add up to what is stored of them together."""
    layers: tuple[SharedLayer, ...]
    """Lowest first."""


def shares(images: Mapping[str, Image]) -> list[Share]:
    """Each image among the others, in the order in which they are given, by name."""
    parts = {name: _parts(image) for name, image in images.items()}
    users = Counter(digest for each in parts.values() for digest in each)
    having: dict[Digest, list[str]] = {}
    for name, each in parts.items():
        for digest in each:
            having.setdefault(digest, []).append(name)
    seen: set[Digest] = set()
    result = []
    for name, image in images.items():
        mine = parts[name]
        size = sum(mine.values())
        own = sum(count for digest, count in mine.items() if users[digest] == 1)
        added = sum(count for digest, count in mine.items() if digest not in seen)
        seen |= mine.keys()
        layers = tuple(_layer(layer, name, having) for layer in image.layers)
        unpacked = _total(layers)
        result.append(Share(name, image.digest, size, unpacked, size - own, own, added, layers))
    return result


def _parts(image: Image) -> dict[Digest, int]:
    """Bytes of each blob of an image, each blob once."""
    layers = {layer.descriptor.digest: layer.descriptor.size for layer in image.layers}
    return {image.digest: len(image.manifest), Digest.of(image.config): len(image.config)} | layers


def _layer(layer: Layer, image: str, having: Mapping[Digest, Sequence[str]]) -> SharedLayer:
    descriptor = layer.descriptor
    return SharedLayer(
        kind=descriptor.annotations.get(KIND, ""),
        title=descriptor.annotations.get(TITLE, ""),
        digest=descriptor.digest,
        size=descriptor.size,
        unpacked_size=_unpacked_size(layer),
        image=image,
        had_by=having[descriptor.digest],
    )


def _unpacked_size(layer: Layer) -> int | None:
    if layer.descriptor.media_type in media_types.PLAIN_LAYERS:
        return layer.descriptor.size
    said = layer.descriptor.annotations.get(UNPACKED, "")
    return int(said) if said.isascii() and said.isdigit() else None


def _total(layers: Sequence[SharedLayer]) -> int | None:
    sizes = [layer.unpacked_size for layer in layers if layer.unpacked_size is not None]
    return sum(sizes) if len(sizes) == len(layers) else None
