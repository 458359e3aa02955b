"""Holds what an image would get of its author's own to having no secret in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lading.building.layers.source import Found
from lading.building.places import shown
from lading.building.recipe import Recipe
from lading.building.secrets import assignments, scanning
from lading.building.secrets.allowing import Allowed
from lading.building.secrets.finding import Finding
from lading.building.secrets.remembered import Remembered
from lading.errors import BuildError

_OF_FILES = "add the file to `ignore`"
_OF_SETTINGS = "take it out of lading.yaml"
_MOST_SHOWN = 20


def check_files(
    recipe: Recipe, files: Iterable[Found], hashes: Mapping[str, str], remembered: Remembered
) -> None:
    """Raise BuildError for secrets in files of the source, with the line of each.

    `hashes` says what a file is by its path: what was searched before is not searched again.
    """
    found: list[Finding] = []
    full = {}
    for one in files:
        if not one.is_file:
            continue
        full[one.path] = shown(one.full)
        said = hashes.get(one.path, "")
        if not remembered.is_clean(one.path, said):
            new = _scanned(one)
            found += new
            if not new:
                remembered.learn(one.path, said)
    remembered.save()
    refuse(recipe, found, full)


class Watch:
    """Searches files while somebody else reads them, so that what is large is read once."""

    def __init__(self, recipe: Recipe, files: Iterable[Found]) -> None:
        self._recipe = recipe
        self._files = {one.full: one for one in files if one.is_file}
        self._scans: dict[Path, scanning.Scan] = {}

    def see(self, path: Path, chunk: bytes) -> None:
        """The next piece of a file. Raises BuildError for a secret that is not allowed."""
        one = self._files[path]
        if path not in self._scans:
            self._scans[path] = scanning.Scan(one.path, one.status.st_size)
        scan = self._scans[path]
        before = len(scan.found)
        scan.feed(chunk)
        if len(scan.found) > before:
            refuse(self._recipe, scan.found, {one.path: shown(path)})


def refuse(recipe: Recipe, found: Iterable[Finding], names: Mapping[str, str]) -> None:
    """Raise BuildError for findings that are not allowed. `names` are what people call files."""
    allowed = Allowed.of(recipe.allow_secrets)
    left = sorted(one for one in found if not allowed(one))
    if left:
        raise _error(left, names, _OF_FILES)


def check_settings(recipe: Recipe) -> None:
    """The same for what lading.yaml puts into the image: `env`, `command` and `graph`."""
    if not recipe.env and not recipe.command and recipe.graph is None:
        return
    found = list(_in_settings(recipe))
    allowed = Allowed.of(recipe.allow_secrets)
    left = sorted(one for one in found if not allowed(one))
    if left:
        name = re.escape(recipe.name)
        places = {one.path: recipe.places.get(one.path, f"{name}.{one.path}") for one in left}
        raise _error([_without_line(one) for one in left], places, _OF_SETTINGS)


def _in_settings(recipe: Recipe) -> Iterable[Finding]:
    for name, value in recipe.env.items():
        path = f"env.{name}"
        found = scanning.scan_text(value, path)
        if not found and assignments.in_variable(name, value):
            found = [Finding(path, 1, assignments.KIND, assignments.WHAT)]
        yield from found
    if recipe.command:
        yield from scanning.scan_text("\n".join(recipe.command), "command")
    if recipe.graph is not None:
        yield from scanning.scan_text(recipe.graph.text, "graph")


def _without_line(one: Finding) -> Finding:
    return Finding(one.path, 0, one.kind, one.what, one.shown)


def _scanned(one: Found) -> list[Finding]:
    try:
        return scanning.scan(one.full, one.path, one.status.st_size)
    except OSError as error:
        came = (error.strerror or str(error)).lower()
        raise BuildError("cannot be read", where=str(one.full), came=came) from error


def _error(left: Sequence[Finding], names: Mapping[str, str], todo: str) -> BuildError:
    lines = [
        f"{names.get(one.path, one.path)}{f':{one.line}' if one.line else ''}: holds {one.what}"
        + (f", beginning with {one.shown}" if one.shown else "")
        for one in left
    ]
    if len(lines) > _MOST_SHOWN:
        lines[_MOST_SHOWN:] = [f"and {len(lines) - _MOST_SHOWN} more"]
    first = left[0]
    allow = first.path if first.path.startswith("env.") else f"{first.path}:{first.kind}"
    what = "which everybody who has the image could read"
    todo = f'{todo}, or, if it may be there, allow it: `allow_secrets: ["{allow}"]`'
    return BuildError("\n".join(lines) + f", {what}", todo=todo)
