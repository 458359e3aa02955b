"""The Python of an image, to be started on this machine through its own loader and libraries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lading.building.base_image import BaseImage
from lading.building.debian import elf
from lading.errors import BuildError

if TYPE_CHECKING:
    from lading.building.bases.unpacked import Unpacked

_FOLDERS = (
    *("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "lib64"),
    *("usr/lib", "lib", "usr/local/lib"),
)
_STARTS_WITH = ("encodings/", "collections/")
"""Folders of the standard library that an interpreter reads before it runs anything."""


@dataclass(frozen=True)
class Prepared:
    """Paths on this machine."""

    loader: Path
    libraries: Path
    program: Path
    home: Path


def prepared(image: Unpacked, base: BaseImage, python: str) -> Prepared:
    """Unpack what is needed of the image, where it is not yet. `python` is `major.minor`.

    Raises BuildError where its loader, or a library that it is linked with, is not in the image.
    """
    image.bring([base.program, *_library(image, f"{base.home}/lib/python{python}".strip("/"))])
    program = image.tree.file(base.program) or ""
    loader = image.tree.file(elf.loader(image.read(program) or b"")) or ""
    if not loader:
        raise BuildError("its Python has no loader in it", base.reference, came=base.program)
    image.bring([loader])
    libraries = image.folder / "libraries"
    libraries.mkdir(exist_ok=True)
    folders = [loader.rpartition("/")[0], f"{base.home}/lib".strip("/"), *_FOLDERS]
    _link(image, program, folders, libraries, base.reference)
    home = image.root / base.home.strip("/")
    (home / "lib" / f"python{python}" / "lib-dynload").mkdir(exist_ok=True)
    return Prepared(image.root / loader, libraries, image.root / program, home)


def _library(image: Unpacked, folder: str) -> Iterator[str]:
    for path in image.tree.below(folder):
        inside = path[len(folder) + 1 :]
        if path.endswith(".py") and ("/" not in inside or inside.startswith(_STARTS_WITH)):
            yield path


def _link(
    image: Unpacked, program: str, folders: list[str], libraries: Path, reference: str
) -> None:
    """Every library of the program's, and of theirs, under the name that it is asked for by."""
    waiting, seen = list(elf.needed(image.read(program) or b"")), set[str]()
    while waiting:
        if (name := waiting.pop()) in seen:
            continue
        seen.add(name)
        found = next((x for one in folders if (x := image.tree.file(f"{one}/{name}"))), None)
        if found is None:
            raise BuildError("a library of its Python is not in it", reference, came=name)
        image.bring([found])
        with suppress(FileExistsError):
            (libraries / name).symlink_to(os.path.relpath(image.root / found, libraries))
        waiting += elf.needed(image.read(found) or b"")
