"""Builds one image in a process of its own: `lock`, `source`, `home` from the command line."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath

from lading.building import lockfile
from lading.building.build import build
from lading.building.progress import Silent
from lading.building.recipe import Environment, Recipe
from lading.stores.layout import Layout


def recipe(source: Path) -> Recipe:
    return Recipe(
        app="demo",
        name="digits",
        environment=Environment("digits", "3.11", source / "requirements.txt"),
        source=source,
        handler="reader:Reader",
        models=(PurePosixPath("model.bin"),),
        env={"MODE": "fast"},
    )


if __name__ == "__main__":
    lock, source, home = map(Path, sys.argv[1:])
    locked = lockfile.read(lock).environments["digits"]["linux/amd64"]
    built = build(recipe(source), locked, Layout(home / "store"), home / "cache", Silent())
    sys.stdout.write(f"{built.image.digest}\n")
