"""From an app and its lock to built images: what several commands begin with."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from lading.bills import claims, keeping
from lading.bills.circumstances import RUNS, Circumstances
from lading.bills.made import Made
from lading.building import several
from lading.building.build import build
from lading.building.lockfile import Lock
from lading.building.progress import Named, Progress
from lading.building.recipe import Recipe
from lading.building.several import Several, Workplace
from lading.cli import registries, workshops
from lading.cli.locks import locked_for
from lading.cli.names import unknown
from lading.oci import Image
from lading.oci.platforms import of_this_machine
from lading.settings.app import App
from lading.state.folders import Folders
from lading.stores.layout import Layout


def chosen(app: App, names: Iterable[str]) -> list[Recipe]:
    """The recipes of the named services and steps; of all services when none is named."""
    if not (wanted := list(names)):
        return [service.recipe for service in app.services]
    by_name = {recipe.name: recipe for recipe in app.recipes}
    for name in wanted:
        if name not in by_name:
            raise unknown("service or step", name, by_name)
    return [by_name[name] for name in wanted]


def build_all(
    app: App, recipes: Iterable[Recipe], lock: Lock, progress: Progress
) -> dict[str, Image]:
    """The images of the recipes, by name, to be run: one that was pulled is taken as it is, where
    a build would make just that. One after another: later ones reuse earlier layers."""
    # Imported where images are run: `lading build` need not wait for it.
    from lading.cli.elsewhere import Elsewhere

    folders, recipes = Folders.of_user(), list(recipes)
    store = Layout(folders.store)
    there = Elsewhere(app, store, folders.cache)
    taken = {one.name: there.image(one, locked_for(one, lock)) for one in recipes}
    needed = [(one, locked_for(one, lock)) for one in recipes if taken[one.name] is None]
    registries.bring(app, [locked for _, locked in needed], progress)
    workshops.bring(app, needed, progress)
    images = {name: image for name, image in taken.items() if image}
    around = Circumstances(app.folder, runs=folders.app(app.folder) / RUNS)
    for recipe, locked in needed:
        told = Named(progress, recipe.name) if len(recipes) > 1 else progress
        began = datetime.now(UTC)
        one = build(recipe, locked, store, folders.cache, told)
        _tell(store, folders.cache, Made(recipe, locked, one, began), around, told)
        images[recipe.name] = one.image
    return images


def build_for(
    app: App,
    recipes: Iterable[Recipe],
    lock: Lock,
    platforms: Collection[str],
    progress: Progress,
) -> dict[str, Several]:
    """The images of the recipes for each of `platforms`, by name; several make an index."""
    folders, recipes = Folders.of_user(), list(recipes)
    by_platform = [lock.environments[one.environment.name] for one in recipes]
    needed = {*platforms, of_this_machine()}
    every = [one[name] for one in by_platform for name in sorted(needed & one.keys())]
    registries.bring(app, every, progress)
    # This machine's first: what is for every machine is made here.
    order = sorted(needed, key=lambda name: name != of_this_machine())
    pairs = zip(recipes, by_platform, strict=True)
    workshops.bring(app, [(x, y[name]) for x, y in pairs for name in order if name in y], progress)
    store = Layout(folders.store)
    around = Circumstances(app.folder, runs=folders.app(app.folder) / RUNS)
    built = {}
    for recipe in recipes:
        told = Named(progress, recipe.name) if len(recipes) > 1 else progress
        at = Workplace(store, folders.cache, told)
        locked, began = lock.environments[recipe.environment.name], datetime.now(UTC)
        with store.shared():
            whole = built[recipe.name] = several.build(recipe, locked, platforms, at)
        for name, one in whole.built.items():
            made = Made(recipe, locked[name], one, began)
            _tell(store, folders.cache, made, around, told)
    return built


def _tell(store: Layout, cache: Path, made: Made, around: Circumstances, told: Progress) -> None:
    """Attach to an image what is said of it: its bill, and what its layers were made of."""
    keeping.keep(store, cache, made, around, told)
    claims.keep(store, made.built)
