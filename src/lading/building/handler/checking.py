"""Holds the handler of a recipe to what can be served, before anything is made of it."""

from __future__ import annotations

from collections.abc import Iterable

from lading.building.handler import judging
from lading.building.handler.finding import find
from lading.building.handler.sources import Sources
from lading.building.layers import source
from lading.building.layers.source import Found
from lading.building.places import shown
from lading.building.recipe import Recipe
from lading.errors import SettingsError

_SHOWN = 8
"""Files that an error lists."""


def check(recipe: Recipe, files: Iterable[Found]) -> None:
    """Raise SettingsError for a handler that surely cannot be served, with all that is wrong.

    `files` are those of the source that enter the image. Nothing is imported.
    """
    if recipe.handler is None:
        return
    present = {one.path: one.full for one in files if not one.is_folder}
    sources = Sources(present, recipe.environment.python)
    name, _, path = recipe.handler.partition(":")
    attribute, inside, _ = path.partition(".")
    if sources.path_of(name) is None and not sources.is_compiled(name):
        raise _no_module(recipe, sources, name)
    module = sources.module(name)
    defined = find(sources, module, attribute) if module else None
    if defined and not inside:
        _raise(list(judging.faults(sources, defined)))


def check_all(recipes: Iterable[Recipe]) -> None:
    """The same for recipes of which nothing was read yet. Raises BuildError too, where a source
    holds what no image can."""
    for recipe in recipes:
        if recipe.handler is not None:
            check(recipe, source.of(recipe))


def _raise(found: list[SettingsError]) -> None:
    if len(found) == 1:
        raise found[0]
    if found:
        raise SettingsError("\n".join(map(str, found))) from ExceptionGroup("handler", found)


def _no_module(recipe: Recipe, sources: Sources, name: str) -> SettingsError:
    stem = name.replace(".", "/")
    return SettingsError(
        f"the module of the handler {recipe.handler} is not in the source folder",
        where=shown(recipe.source),
        expected=f"{stem}.py or {stem}/__init__.py",
        came=_nearest(sources, f"{stem}.py"),
        todo="write it, or correct `handler`",
    )


def _nearest(sources: Sources, wanted: str) -> str:
    name = wanted.rpartition("/")[2]
    elsewhere = [path for path in sources.files if path.rpartition("/")[2] == name]
    python = sorted(path for path in sources.files if path.endswith(".py") and "/" not in path)
    return ", ".join(elsewhere or python[:_SHOWN]) or "no Python files"
