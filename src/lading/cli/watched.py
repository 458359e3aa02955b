"""Which files an app is made from, and which of its services a file is part of.

What a file means for an image is for the build to say; this only keeps it from being asked about
files that are no part of any.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from lading.building.layers import ignore_files, source
from lading.building.layers.ignore import Ignored
from lading.building.recipe import Recipe
from lading.cli.locks import lock_path
from lading.errors import BuildError
from lading.settings import FILE
from lading.settings.app import App

_TEMPORARY = re.compile(
    r"4913|.*~|#.*#|\.#.*|\..*\.sw.|.*\.___jb_(tmp|old)___|\.goutputstream-.*|\..*\.\d+|__pycache__"
)
"""What editors, and writers that rename, have for a moment beside a file: "4913" is vim's."""
_REQUIREMENTS = re.compile(
    r".*(requirements|constraints).*\.(txt|in)|pyproject\.toml|uv\.lock|python_env\.yaml"
)
"""May be read for an environment, or named by a file that is."""


def services_of(app: App, path: Path) -> set[str]:
    """Services in whose image a file lies, or a folder that holds such files."""
    return {one.name for one in app.services if _is_part(one.recipe, path)}


def decides_settings(app: App, path: Path) -> bool:
    """Whether lading.yaml, the lock, or what a lock is made from may be read from this file."""
    if path in (app.folder / FILE, lock_path(app)):
        return True
    asked = {one.requirements for one in app.environments}
    return path in asked or bool(_REQUIREMENTS.fullmatch(path.name))


def is_temporary(path: Path) -> bool:
    """Whether an editor will take it away again by itself."""
    return bool(_TEMPORARY.fullmatch(path.name))


def folders(app: App) -> dict[Path, int]:
    """All folders to watch, each for itself, and their inodes: one made anew is another."""
    found = {app.folder, *(one.requirements.parent for one in app.environments if one.requirements)}
    sources = {
        (one.recipe.source, one.recipe.ignore, one.recipe.models): one
        for one in app.services
        if one.recipe.graph is None and not one.recipe.is_foreign
    }
    for one in sources.values():
        found.update(_below(one.recipe.source, "", _ignored(one.recipe)))
    return {folder: inode for folder in found if (inode := _inode(folder))}


def _is_part(recipe: Recipe, path: Path) -> bool:
    if recipe.graph is not None or recipe.is_foreign:
        return False
    try:
        inside = path.relative_to(recipe.source)
    except ValueError:
        return False
    if inside.as_posix() in ignore_files.NAMES:
        return True
    ignored = _ignored(recipe)
    above = [folder.as_posix() for folder in inside.parents][-2::-1]
    is_folder = path.is_dir()
    return all(_is_looked_into(one, ignored) for one in above) and (
        not ignored(inside.as_posix(), is_folder)
        or (is_folder and ignored.enters(inside.as_posix()))
    )


def _ignored(recipe: Recipe) -> Ignored:
    try:
        return source.ignored(recipe)
    except BuildError:
        # The build says what is wrong with a file of patterns.
        return Ignored(recipe.ignore, map(str, recipe.models))


def _is_looked_into(folder: str, ignored: Ignored) -> bool:
    return not ignored(folder, True) or ignored.enters(folder)


def _below(folder: Path, prefix: str, ignored: Ignored) -> Iterator[Path]:
    yield folder
    try:
        children = [one for one in os.scandir(folder) if one.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for child in children:
        if _is_looked_into(path := f"{prefix}{child.name}", ignored):
            yield from _below(Path(child.path), f"{path}/", ignored)


def _inode(folder: Path) -> int:
    try:
        return folder.stat().st_ino
    except OSError:
        return 0
