"""`lading export dockerfile`: the folders, and what to do with them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from lading.building.forecast import foresee
from lading.building.recipe import Recipe
from lading.cli import composing, locks, registries, workshops
from lading.cli.progress import shown
from lading.errors import UsageError
from lading.exports import build_context, dockerfile, indexes
from lading.exports.build_context import Context
from lading.settings.app import App
from lading.state.folders import Folders
from lading.stores.layout import Layout


def write(app: App, recipes: Sequence[Recipe], folder: Path, guarded: bool = False) -> None:
    """A folder below `folder` for each recipe. Raises UsageError for one that holds other things.

    What `lading build` would refuse is refused before anything is written. `guarded` is whether an
    index that the app's files do not name asks for a password.
    """
    composing.check_apart(app, folder.resolve())
    for recipe in recipes:
        if recipe.is_foreign:
            raise UsageError(
                "runs somebody else's image as it is", recipe.name, todo="leave it out"
            )
    lock, folders = locks.fresh(app), Folders.of_user()
    with shown() as progress:
        pairs = [(one, locks.locked_for(one, lock)) for one in recipes]
        registries.bring(app, [locked for _, locked in pairs], progress)
        workshops.bring(app, pairs, progress, every=True)
    for recipe in recipes:
        if not build_context.is_ours(folder / recipe.name):
            todo = "write to another folder, or empty it"
            raise UsageError("holds other things", str(folder / recipe.name), todo=todo)
        locked = locks.locked_for(recipe, lock)
        foresee(recipe, locked, Layout(folders.store), folders.cache, check=True)
    for recipe in recipes:
        target = folder / recipe.name
        locked = locks.locked_for(recipe, lock)
        around = indexes.of(recipe.environment.requirements, guarded)
        Context(recipe, locked, folders.cache, around).write(target)
        click.echo(f"{target / build_context.DOCKERFILE}")
        place = shlex.quote(str(target))
        click.echo(f"  {dockerfile.command(recipe, locked, around, place)}")
