"""The layer of model files: stored as they are, read once and written once.

Below the code, so that no change of code touches them. Not compressed: weights hardly shrink, and
would take longer than all else.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lading.building import flavours
from lading.building.layers import blob, cache
from lading.building.layers.blob import Blob, Heard
from lading.building.layers.file_hashes import FileHashes
from lading.building.layers.materials import Materials
from lading.building.layers.source import Found
from lading.building.layers.wanted import LayerKind, Wanted
from lading.building.places import shown
from lading.building.recipe import Recipe
from lading.errors import BuildError

READ_BYTES = 256 * 1024**2
"""Some 0.2 s: as much is read only to tell what a build would do."""


def split(
    found: Iterable[Found], models: Iterable[PurePosixPath], source: Path
) -> tuple[list[Found], list[Found]]:
    """The model files of a source folder, and the rest.

    Raises BuildError for a model that is not there.
    """
    prefixes = [model.as_posix() for model in models]
    inside: list[Found] = []
    rest: list[Found] = []
    for one in found:
        (inside if any(_is_in(one.path, prefix) for prefix in prefixes) else rest).append(one)
    for prefix in prefixes:
        if not any(_is_in(one.path, prefix) and not one.is_folder for one in inside):
            raise BuildError(
                "there is no such model file",
                where=str(source / prefix),
                todo="train it (`lading run`), or correct the name in lading.yaml",
            )
    return inside, rest


def check_flavour(recipe: Recipe, inside: Iterable[Found]) -> None:
    """Raise BuildError where the recipe's flavour surely cannot load its model, by its files."""
    if recipe.flavour is None:
        return
    path = recipe.models[0].as_posix()
    files = {one.path: one for one in inside}
    if path in files and files[path].target:
        return  # what a link leads to is for the server to see
    is_folder = path not in files or files[path].is_folder
    is_mlflow = f"{path}/{flavours.MLFLOW_FILE}" in files
    if recipe.flavour == "mlflow" and not is_mlflow:
        expected = f"a folder with a file {flavours.MLFLOW_FILE}"
    elif recipe.flavour != "mlflow" and is_folder:
        expected = "a file"
    else:
        return
    raise BuildError(
        f"is no model that `flavour: {recipe.flavour}` loads",
        where=shown(recipe.source / path),
        expected=expected,
        came="a folder" if is_folder else "a file",
        todo="write `flavour: mlflow`" if is_mlflow else "correct `model` or `flavour`",
    )


def wanted(
    recipe: Recipe, found: list[Found], materials: Materials, hashes: FileHashes
) -> Wanted | None:
    """None when there are no model files. They are searched for secrets while they are read."""
    if not found:
        return None
    layer = _ModelLayer(recipe, found, materials, hashes)
    files = [one for one in found if not one.is_folder]
    title = files[0].path if len(files) == 1 else f"{len(files)} model files"
    return Wanted(LayerKind.MODEL, title, layer.key, layer.make, files=layer.files)


@dataclass
class _ModelLayer:
    """Hashes of files that are not known yet are learned while the layer is written."""

    recipe: Recipe
    found: list[Found]
    materials: Materials
    hashes: FileHashes
    learned: dict[str, str] = field(default_factory=dict)

    def key(self) -> str | None:
        files = {one.path: self._said(one) for one in self.found}
        if not all(files.values()):
            return None
        content = (f"{path} {said}" for path, said in files.items())
        return cache.key("model", [*self.recipe.allow_secrets, *content])

    def files(self) -> Mapping[str, str]:
        """Reads what is not known, but for what is large; the key is known then as well."""
        unknown = [one for one in self.found if one.is_file and not self._said(one)]
        size = sum(one.status.st_size for one in unknown)
        if size <= READ_BYTES or self.hashes.thorough:
            self.learned.update((one.path, self._read(one)) for one in unknown)
        return {one.path: self._said(one) for one in self.found}

    def _said(self, one: Found) -> str:
        if not one.is_file:
            return one.said("")
        known = self.learned.get(one.path) or self.hashes.known(one.path, one.status)
        return one.said(known) if known else ""

    def _read(self, one: Found) -> str:
        try:
            return self.hashes.of(one.path, one.full, one.status)
        except OSError as error:
            came = (error.strerror or str(error)).lower()
            raise BuildError("cannot be read", where=str(one.full), came=came) from error

    def make(self, heard: Heard) -> Blob:
        # Imported where a layer is made: 10 ms.
        from lading.building.secrets import checking

        begun = time.time_ns()
        seen = {one.full: hashlib.sha256() for one in self.found if one.is_file}
        watch = checking.Watch(self.recipe, self.found)

        def read(path: Path, chunk: bytes) -> None:
            seen[path].update(chunk)
            watch.see(path, chunk)

        entries = (one.entry() for one in self.found)
        made = blob.plain(self.materials.store, entries, heard, read)
        for one in self.found:
            if one.is_file:
                one.check_unchanged()
                digest = self.learned[one.path] = seen[one.full].hexdigest()
                self.hashes.learn(one.path, one.status, digest, begun)
        return made


def _is_in(path: str, prefix: str) -> bool:
    return prefix in (".", path) or path.startswith(f"{prefix}/")
