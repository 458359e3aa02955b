"""An image for several platforms, made on one machine: nothing of it is run, so none is emulated.

Packages and wheels of another architecture are only unpacked; what is compiled is compiled by this
machine's interpreter of the same version (`layers/compiler.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lading.building.build import Built, make, reference, write
from lading.building.layers.materials import Materials
from lading.building.lockfile import LockedEnvironment
from lading.building.progress import Named, Progress
from lading.building.recipe import Recipe
from lading.oci import Digest, Index
from lading.oci.platforms import of_this_machine
from lading.stores.layout import Layout


@dataclass(frozen=True)
class Several:
    """What was built of one recipe, by platform, in their order."""

    built: Mapping[str, Built]
    index: Index | None
    """None of one platform alone: an index of one would say no more."""

    @property
    def digest(self) -> Digest:
        """What the name points at: the index, or the only image."""
        if self.index:
            return self.index.digest
        return next(iter(self.built.values())).image.digest


@dataclass(frozen=True)
class Workplace:
    """Where images are built. `cache` may be deleted at any time."""

    store: Layout
    cache: Path
    progress: Progress


def build(
    recipe: Recipe,
    locked: Mapping[str, LockedEnvironment],
    platforms: Iterable[str],
    at: Workplace,
) -> Several:
    """Make the images and point `app/name` at their index; at the image, where it is one alone.

    `locked` is by platform, this machine's among them. Raises what `build.build` raises; then the
    store's names are as they were.
    """
    wanted = sorted(set(platforms))
    built = {name: _made(recipe, locked, name, at, len(wanted) > 1) for name in wanted}
    if len(built) == 1:
        write(at.store, next(iter(built.values())).image, reference(recipe))
        return Several(built, None)
    for one in built.values():
        write(at.store, one.image, None)
    title = {"org.opencontainers.image.title": f"{recipe.app}/{recipe.name}"}
    index = Index.of({name: one.image.descriptor for name, one in built.items()}, title)
    at.store.write_index(index, reference(recipe))
    return Several(built, index)


def _made(
    recipe: Recipe,
    locked: Mapping[str, LockedEnvironment],
    platform: str,
    at: Workplace,
    told: bool,
) -> Built:
    progress = Named(at.progress, platform) if told else at.progress
    here = locked.get(of_this_machine())
    return make(recipe, Materials(locked[platform], at.store, at.cache, progress, here))
