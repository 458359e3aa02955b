"""The code layer: the source folder less its model files, and its bytecode."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from functools import partial

from lading.building.layers import blob, bytecode, cache, compiler, credentials
from lading.building.layers.blob import Blob, Heard
from lading.building.layers.entry import Entry
from lading.building.layers.file_hashes import FileHashes
from lading.building.layers.materials import Materials
from lading.building.layers.source import Found
from lading.building.layers.wanted import LayerKind, Wanted
from lading.building.recipe import Recipe
from lading.errors import BuildError


def wanted(
    recipe: Recipe, found: list[Found], materials: Materials, hashes: FileHashes
) -> Wanted | None:
    """None when there are no files. Raises BuildError for a credential among them."""
    files = [one for one in found if not one.is_folder]
    credentials.check(files)
    if not files:
        _check(recipe, files)
        return None
    title = "1 file" if len(files) == 1 else f"{len(files)} files"
    # Asked for more than once, and one answer: a file may change in between.
    said = functools.cache(partial(_files, found, hashes))
    return Wanted(
        LayerKind.CODE,
        title,
        lambda: _key(recipe, said(), materials),
        partial(_make, recipe, found, materials),
        partial(_check_all, recipe, files, said, materials),
        files=said,
    )


def _check(recipe: Recipe, files: list[Found]) -> None:
    """Raises SettingsError for a handler that cannot be served."""
    # Imported where there is something to check: 10 ms.
    from lading.building import handler

    handler.check(recipe, files)


def _check_all(
    recipe: Recipe, files: list[Found], said: Callable[[], Mapping[str, str]], materials: Materials
) -> None:
    """Raises BuildError for a secret among them too."""
    from lading.building.secrets import checking
    from lading.building.secrets.remembered import Remembered

    _check(recipe, files)
    known = Remembered(materials.cache, recipe.source, kept=materials.remembers)
    checking.check_files(recipe, files, said(), known)


def _key(recipe: Recipe, files: Mapping[str, str], materials: Materials) -> str:
    # These decide no byte, but whether these files may be an image's.
    checked = [recipe.handler or "", *recipe.allow_secrets]
    inputs = [compiler.identity(materials.locked), *checked]
    return cache.key("code", [*inputs, *(f"{path} {said}" for path, said in files.items())])


def _files(found: list[Found], hashes: FileHashes) -> Mapping[str, str]:
    said = {}
    for one in found:
        try:
            digest = hashes.of(one.path, one.full, one.status) if one.is_file else ""
        except OSError as error:
            came = (error.strerror or str(error)).lower()
            raise BuildError("cannot be read", where=str(one.full), came=came) from error
        said[one.path] = one.said(digest)
    return said


def _make(recipe: Recipe, found: list[Found], materials: Materials, heard: Heard) -> Blob:
    entries = [one.entry() for one in found]
    compiled = bytecode.compiled(entries, materials.interpreter, partial(_refuse, recipe))
    made = blob.compressed(materials.store, [*entries, *compiled], heard)
    for one in found:
        # Hashed, compiled and stored are three readings, which must be of one content.
        one.check_unchanged()
    return made


def _refuse(recipe: Recipe, entry: Entry, line: int, message: str) -> None:
    file = str(entry.content)
    where = f"{file}:{line}" if line else file
    raise BuildError(
        f"does not compile with Python {recipe.environment.python}",
        where=where,
        came=message,
        todo="mend it, or add the file to `ignore`",
    )
