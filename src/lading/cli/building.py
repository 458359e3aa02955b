"""From an app and its lock to built images: what several commands begin with."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from lading.bills import keeping
from lading.bills.circumstances import Circumstances
from lading.bills.made import Made
from lading.building import several
from lading.building.build import Built, build
from lading.building.lockfile import Lock
from lading.building.progress import Named, Progress
from lading.building.recipe import Recipe
from lading.building.several import Several, Workplace
from lading.cli import registries, workshops
from lading.cli.locks import locked_for
from lading.cli.names import unknown
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
) -> dict[str, Built]:
    """The images of the recipes, by name. One after another: later ones reuse earlier layers."""
    folders = Folders.of_user()
    store = Layout(folders.store)
    recipes = list(recipes)
    registries.bring(app, [locked_for(one, lock) for one in recipes], progress)
    workshops.bring(app, [(one, locked_for(one, lock)) for one in recipes], progress)
    around = Circumstances(app.folder)
    built = {}
    for recipe in recipes:
        told = Named(progress, recipe.name) if len(recipes) > 1 else progress
        locked, began = locked_for(recipe, lock), datetime.now(UTC)
        one = built[recipe.name] = build(recipe, locked, store, folders.cache, told)
        made = Made(recipe, locked, one, began)
        keeping.keep(store, folders.cache, made, around, told)
    return built


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
    around = Circumstances(app.folder)
    built = {}
    for recipe in recipes:
        told = Named(progress, recipe.name) if len(recipes) > 1 else progress
        at = Workplace(store, folders.cache, told)
        locked, began = lock.environments[recipe.environment.name], datetime.now(UTC)
        with store.shared():
            whole = built[recipe.name] = several.build(recipe, locked, platforms, at)
        for name, one in whole.built.items():
            made = Made(recipe, locked[name], one, began)
            keeping.keep(store, folders.cache, made, around, told)
    return built
