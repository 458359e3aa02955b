"""What wheels are built with, where there is only source: the app's engine, when it is needed."""

from __future__ import annotations

import functools
import os
from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

from lading.building.lockfile import LockedEnvironment
from lading.building.progress import Progress
from lading.building.recipe import Recipe
from lading.errors import SettingsError
from lading.oci.platforms import of_this_machine
from lading.settings.app import App
from lading.state.folders import Folders
from lading.stores.layout import Layout

if TYPE_CHECKING:
    from lading.building.wheels.making.maker import Bench
    from lading.building.wheels.making.workshop import Workshop

MINUTES = "LADING_WHEEL_MINUTES"


def bench(app: App, progress: Progress) -> Bench:
    """Opens nothing yet: few apps have anything to build."""
    from lading.building.wheels.making.maker import Bench

    folders = Folders.of_user()
    open_once = functools.cache(functools.partial(_workshop, app.engine, folders))
    return Bench(Layout(folders.store), folders.cache, progress, open_once)


def bring(
    app: App,
    needed: Iterable[tuple[Recipe, LockedEnvironment]],
    progress: Progress,
    *,
    every: bool = False,
) -> None:
    """Have the wheels here that no index has; made again where they are not.

    Those alone whose layer has to be made, unless `every` one is asked for.
    """
    folders = Folders.of_user()
    for recipe, locked in needed:
        asked = recipe.environment.requirements
        if asked and any(one.origin for one in locked.wheels):
            from lading.building.wheels.making.kept import Kept

            if lacking := Kept(folders.cache).lacking(locked.wheels):
                # What it imports takes 60 ms.
                from lading.building.wheels.making import again

                there = {} if every else _there(recipe, locked, folders)
                wanted = [one for one in lacking if one.name not in there]
                again.bring(locked, wanted, asked, bench(app, progress))


def _there(recipe: Recipe, locked: LockedEnvironment, folders: Folders) -> Container[str]:
    """Names of packages in layers that were made before."""
    from lading.building.layers import wheels
    from lading.building.layers.cache import LayerCache
    from lading.building.layers.materials import Materials
    from lading.building.progress import Silent

    store = Layout(folders.store)
    materials = Materials(locked, store, folders.cache, Silent(), remembers=False)
    cache = LayerCache(folders.cache, store)
    layers = wheels.wanted(materials, recipe.environment.requirements, recipe.keep)
    keys = ((one, one.key()) for one in layers)
    return {name for one, key in keys if key and cache.find(key) for name in one.packages}


def _workshop(engine: str, folders: Folders) -> Workshop:
    from lading.engines import select
    from lading.pipelines.workshop import ContainerWorkshop

    opened = select.opened(select.require(engine), folders)
    return ContainerWorkshop(opened, of_this_machine(), _minutes() * 60)


def _minutes() -> float:
    from lading.pipelines.workshop import MINUTES as USUAL

    text = os.environ.get(MINUTES, "")
    try:
        minutes = float(text) if text else USUAL
    except ValueError:
        minutes = 0.0
    if not minutes > 0:
        raise SettingsError("is no time to wait", MINUTES, "a number of minutes above 0", text)
    return minutes
