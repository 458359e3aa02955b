"""Where images of somebody else's come from: the store, else a registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from lading.building.base_image import BaseImage
from lading.building.lockfile import LockedEnvironment
from lading.building.progress import Progress
from lading.errors import BuildError, DamagedBlob, ImageNotFound
from lading.oci import Digest, Image, Location
from lading.stores.layout import Layout


class Supply(Protocol):
    """What `lading.stores.registry.Registries` does of it."""

    def pull(self, location: Location, store: Layout, platform: str) -> Image:
        """Bring the image of a platform into the store, held to its digests."""
        ...


def stored(base: BaseImage, store: Layout) -> Image | None:
    """The image that a lock pins; None where the store does not have it whole."""
    try:
        return store.read(Digest.parse(base.digest))
    except (ImageNotFound, DamagedBlob):
        return None


def required(base: BaseImage, store: Layout) -> Image:
    """As `stored`. Raises BuildError where it is not there, though `ensure` was to bring it."""
    found = stored(base, store)
    if found is None:
        raise BuildError(
            "the image is not in the store",
            where=f"{base.reference}@{base.digest}",
            todo="run `lading build`, which pulls it",
        )
    return found


def ensure(
    locked: Iterable[LockedEnvironment], store: Layout, supply: Supply, progress: Progress
) -> None:
    """Pull, by digest, what locked environments stand on and the store does not have.

    Raises what `Supply.pull` raises.
    """
    wanted = {(one.image, one.platform) for one in locked if one.image}
    for base, platform in sorted(wanted, key=lambda pair: (pair[0].reference, pair[1])):
        if stored(base, store) is None:
            task = f"image: {base.reference}"
            progress.start(task)
            location = Location.parse(base.reference).at(Digest.parse(base.digest))
            supply.pull(location, store, platform)
            progress.finish(task)
