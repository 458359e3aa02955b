"""An image made again, of the lock and the source alone: nothing that an earlier build left counts.

Downloads are used again, since each is held to the hash it is named by when it is opened. Wheels,
which uv keeps only unpacked, are fetched anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lading.building.bases import supply
from lading.building.build import Built, make
from lading.building.layers.materials import Materials
from lading.building.layers.workspace import workspace
from lading.building.lockfile import LockedEnvironment
from lading.building.progress import Progress
from lading.building.recipe import Recipe
from lading.oci.platforms import of_this_machine
from lading.stores.disk import explained
from lading.stores.layout import Layout

_DOWNLOADS = ("debs", "sources", "wheels")
"""Folders of a cache whose files are named by their hash."""
_UV_CACHE, _UV_OFFLINE = "UV_CACHE_DIR", "UV_OFFLINE"


@dataclass(frozen=True)
class Bench:
    """An empty store and cache, in which images are made again; gone when the work is done."""

    store: Layout
    cache: Path
    progress: Progress
    originals: Layout
    """The store that images were built into: what they stand on is taken from there, by digest."""

    def rebuilt(
        self, recipe: Recipe, locked: Mapping[str, LockedEnvironment], platform: str
    ) -> Built:
        """The image for a platform, of what is locked by platform. Raises as `build.build`."""
        mine, here = locked[platform], locked.get(of_this_machine())
        for one in (mine, here):
            if one and one.image and not supply.stored(one.image, self.store):
                self.store.write(supply.required(one.image, self.originals))
        return make(recipe, Materials(mine, self.store, self.cache, self.progress, here))


@contextmanager
def bench(originals: Layout, cache: Path, progress: Progress, fetch: bool) -> Iterator[Bench]:
    """A place to rebuild in, below `cache`.

    With `fetch`, uv has an empty cache as well, for this process, while it lasts; without, it is
    trusted to have unpacked what it fetched, and asks no index. Raises StoreError.
    """
    with workspace(cache) as folder:
        with explained(folder):
            for name in _DOWNLOADS:
                (cache / name).mkdir(exist_ok=True)
                (folder / name).symlink_to(cache / name)
        variable, value = (_UV_CACHE, str(folder / "uv")) if fetch else (_UV_OFFLINE, "1")
        with _variable(variable, value):
            yield Bench(Layout(folder / "store"), folder, progress, originals)


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    """One of this process's environment, while it lasts."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
