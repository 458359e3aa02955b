"""A folder that `docker build` takes: a Dockerfile, and all that it copies."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lading.building.graph import FILE as GRAPH_FILE
from lading.building.layers import base_image, model, runtime, source
from lading.building.layers.source import Found
from lading.building.lockfile import LockedEnvironment
from lading.building.recipe import Recipe
from lading.building.wheels.making.kept import Kept
from lading.exports import dockerfile
from lading.exports.indexes import Indexes
from lading.stores.disk import explained

DOCKERFILE = "Dockerfile"
_OURS = "written by lading export dockerfile\n"
_MARK = ".lading-export"
"""Says that a folder may be deleted to be written anew."""


@dataclass(frozen=True)
class Context:
    """What a context is made of."""

    recipe: Recipe
    locked: LockedEnvironment
    cache: Path
    """Where wheels are that no index has."""
    indexes: Indexes = field(default_factory=Indexes)

    def write(self, folder: Path) -> None:
        """Write `folder` anew. Raises StoreError, BuildError."""
        with explained(folder):
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(parents=True)
            (folder / _MARK).write_text(_OURS)
            # It would be in none of the COPYs; said, since it is in the folder that is sent.
            (folder / ".dockerignore").write_text(f"{_MARK}\n")
            self._debian(folder)
            self._requirements(folder)
            self._runtime(folder)
            self._app(folder)
            there = sorted(one.name for one in folder.iterdir() if one.is_dir())
            text = dockerfile.dockerfile(self.recipe, self.locked, there, self.indexes)
            (folder / DOCKERFILE).write_text(text)
            _readable(folder)

    def _debian(self, folder: Path) -> None:
        if self.locked.image:
            for name, content in base_image.WAY.items():
                _text(folder / dockerfile.WAY / name, content.decode())
        if self.locked.image and not self.locked.packages:
            return
        _text(folder / dockerfile.PACKAGES, dockerfile.packages(self.locked))
        _text(folder / dockerfile.PREFERENCES, dockerfile.preferences(self.locked))

    def _requirements(self, folder: Path) -> None:
        if self.locked.wheels:
            text = dockerfile.requirements(self.locked.wheels, self.indexes.options)
            _text(folder / dockerfile.USERS, text)
        if self.recipe.is_served:
            _text(folder / dockerfile.RUNTIMES, dockerfile.requirements(self.locked.runtime))

        for wheel in self.locked.wheels:
            made = Kept(self.cache).path(wheel) if wheel.origin else self.indexes.wheel(wheel)
            if made is not None:
                _text(folder / dockerfile.WHEELS / "README", "Wheels that no index has.\n")
                shutil.copyfile(made, folder / dockerfile.WHEELS / made.name)

    def _runtime(self, folder: Path) -> None:
        if self.recipe.is_served:
            for path, content in runtime.files():
                target = folder / dockerfile.RUNTIME / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)

    def _app(self, folder: Path) -> None:
        if self.recipe.graph is not None:
            _text(folder / dockerfile.APP / GRAPH_FILE, self.recipe.graph.text)
            return
        found = source.of(self.recipe)
        models, rest = model.split(found, self.recipe.models, self.recipe.source)
        _copy(models, folder / dockerfile.MODEL)
        _copy(rest, folder / dockerfile.APP)


def is_ours(folder: Path) -> bool:
    """Whether there is nothing, or what an earlier export wrote."""
    return not folder.exists() or (folder / _MARK).is_file() or not any(folder.iterdir())


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _readable(folder: Path) -> None:
    """By everybody, as in our images: COPY keeps modes, and here they are what the umask left."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _copy(found: Iterable[Found], folder: Path) -> None:
    for one in found:
        target = folder / one.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if one.target:
            target.symlink_to(one.target)
        elif one.is_folder:
            target.mkdir(exist_ok=True)
        else:
            _same_file(one.full, target)
            target.chmod(0o755 if one.is_executable else 0o644)


def _same_file(path: Path, target: Path) -> None:
    # Not a hard link, whose mode and content would be the source's.
    shutil.copyfile(path, target)
    os.utime(target, (0, 0))
