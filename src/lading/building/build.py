"""Build an image: find the layers that are there, make the others side by side, assemble.

`forecast.py` stops before anything is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lading.building import foreign
from lading.building.assemble import assemble, descriptor, execution
from lading.building.layers import base, code, graph, model, packages, runtime, source, wheels
from lading.building.layers.blob import Blob
from lading.building.layers.cache import LayerCache
from lading.building.layers.file_hashes import FileHashes
from lading.building.layers.materials import Materials
from lading.building.layers.wanted import LayerKind, Wanted
from lading.building.lockfile import LockedEnvironment
from lading.building.progress import Progress, Stoppable, amount
from lading.building.recipe import Recipe
from lading.errors import DamagedBlob, ImageNotFound
from lading.oci import Descriptor, Image, Reference
from lading.stores.layout import Layout

_AT_ONCE = 8
"""Layers in the making: more than cores, since some of them wait for downloads."""


@dataclass(frozen=True)
class BuiltLayer:
    """A layer of a built image. `unpacked_size` is bytes of its tar."""

    kind: str
    title: str
    descriptor: Descriptor
    unpacked_size: int
    cached: bool
    """It was there already."""
    files: Callable[[], Mapping[str, str]] = field(default=dict, compare=False, repr=False)
    """As `Wanted.files`: the user's own files in it."""
    key: str | None = None
    """Its name in the cache, which holds all that it is made of; None of an image of others."""


@dataclass(frozen=True)
class Built:
    """An image and its layers, lowest first."""

    image: Image
    layers: tuple[BuiltLayer, ...]


def build(
    recipe: Recipe, locked: LockedEnvironment, store: Layout, cache: Path, progress: Progress
) -> Built:
    """Make the image and point `app/name` at it in `store`, unless it points at an index of it.

    Layers that were made before are taken as they are, if their size is right. Below `cache` lie
    records, downloads and the unpacked interpreter; all of it may be deleted at any time. Raises
    SettingsError, BuildError, ArchiveError, StoreError; then the store's names are as they were.
    """
    # Layers have no name that would keep them from being pruned until the image has one.
    with store.shared():
        built = make(recipe, Materials(locked, store, cache, progress))
        write(store, built.image, _moved(store, built.image, reference(recipe)))
    return built


def reference(recipe: Recipe) -> Reference:
    """The name that a recipe's image has in a store."""
    return Reference(f"{recipe.app}/{recipe.name}")


def make(recipe: Recipe, materials: Materials) -> Built:
    """Make the image's layers in the store; the image itself is written by who knows its name.

    Raises SettingsError, BuildError, ArchiveError, StoreError.
    """
    if recipe.is_foreign:
        return _foreign(recipe, materials)
    check_settings(recipe)
    locked, store, cache = materials.locked, materials.store, materials.cache
    hashes = FileHashes(cache, recipe.source)
    wanted = layers_of(recipe, materials, hashes)
    layers = _Layers(LayerCache(cache, store), materials.progress)
    found = [layers.find(one) for one in wanted]
    missing = [one for one, blob in zip(wanted, found, strict=True) if blob is None]
    for one in missing:
        one.check()
    made = layers.make(missing)
    hashes.save()
    blobs = [blob or made[id(one)] for one, blob in zip(wanted, found, strict=True)]
    pairs = list(zip(wanted, blobs, strict=True))
    image = assemble(recipe, locked, pairs, store)
    if recipe.command and not recipe.is_served:
        _check_program(recipe, locked, image, [one.kind for one in wanted], cache)
    if recipe.max_size_bytes is not None and image.size > recipe.max_size_bytes:
        # Imported where it is too large: it will be read to say why.
        from lading.building.sizes import budget
        from lading.building.sizes.known import Known

        budget.check(recipe, image, store, Known(cache))
    return Built(
        image,
        tuple(
            BuiltLayer(
                one.kind.value,
                one.title,
                descriptor(one, blob),
                blob.unpacked_size,
                id(one) not in made,
                one.files,
                one.key(),
            )
            for one, blob in pairs
        ),
    )


def check_settings(recipe: Recipe) -> None:
    """Search what becomes part of an image's settings for secrets. Raises SettingsError."""
    if recipe.env or recipe.command or recipe.graph is not None:
        # Imported where there is something to search.
        from lading.building.secrets import checking

        checking.check_settings(recipe)


def _foreign(recipe: Recipe, materials: Materials) -> Built:
    image = foreign.image(materials)
    foreign.check(image, recipe)
    told = zip(image.layers, foreign.titles(materials, image.layers), strict=True)
    layers = tuple(
        # Nobody has unpacked them to know how large they are then.
        BuiltLayer(foreign.KIND, title, layer.descriptor, layer.descriptor.size, cached=True)
        for layer, title in told
    )
    return Built(image, layers)


def write(store: Layout, image: Image, reference: Reference | None) -> None:
    """Keep an image that `make` made, and point `reference` at it. Raises StoreError."""
    try:
        store.write(image, reference)
    except DamagedBlob as error:
        raise DamagedBlob(
            "a layer was damaged while the image was made",
            where=error.where,
            expected=error.expected,
            came=error.came,
            todo="build again",
        ) from error


def _check_program(
    recipe: Recipe,
    locked: LockedEnvironment,
    image: Image,
    kinds: Sequence[LayerKind],
    cache: Path,
) -> None:
    # Imported where there is a command: the reader of tars takes 8 ms.
    from lading.building import program

    variables = dict(one.split("=", 1) for one in execution(recipe, locked)["Env"])
    layers = list(zip(kinds, image.layers, strict=True))
    program.Command(recipe, variables, source.of(recipe), layers, cache).check()


def layers_of(recipe: Recipe, materials: Materials, hashes: FileHashes) -> list[Wanted]:
    """Layers from the lowest up. What cannot be is said here, before anything is made."""
    models, rest = model.split(source.of(recipe), recipe.models, recipe.source)
    model.check_flavour(recipe, models)
    layers = [
        *base.wanted(materials),
        runtime.wanted(materials) if recipe.is_served else None,
        packages.wanted(materials),
        *wheels.wanted(materials, recipe.environment.requirements, recipe.keep),
        model.wanted(recipe, models, materials, hashes),
        code.wanted(recipe, rest, materials, hashes),
        graph.wanted(recipe.graph, materials),
    ]
    return [layer for layer in layers if layer is not None]


@dataclass(frozen=True)
class _Layers:
    cache: LayerCache
    progress: Stoppable

    def find(self, wanted: Wanted) -> Blob | None:
        key = wanted.key()
        found = self.cache.find(key) if key else None
        if found:
            task = _task(wanted)
            self.progress.start(task)
            self.progress.finish(task, "cached")
        return found

    def make(self, missing: Sequence[Wanted]) -> dict[int, Blob]:
        """Blobs by the identity of what was wanted. The first error ends it."""
        if len(missing) <= 1:
            return {id(one): self._make(one) for one in missing}
        # Imported where there is work to share: 13 ms.
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            futures = {id(one): pool.submit(self._make, one) for one in _dearest_first(missing)}
            return {identity: future.result() for identity, future in futures.items()}
        except BaseException:
            # Nobody waits for the others any more, who would else finish what they have begun.
            self.progress.stop()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _make(self, wanted: Wanted) -> Blob:
        task = _task(wanted)
        self.progress.start(task)
        made = wanted.make(lambda amount: self.progress.advance(task, amount))
        if key := wanted.key():
            self.cache.keep(key, made)
        self.progress.finish(task, amount(made.descriptor.size))
        return made


def _dearest_first(missing: Sequence[Wanted]) -> list[Wanted]:
    """The base first, whose interpreter others wait for; long work last would end alone."""
    kinds = [LayerKind.BASE, LayerKind.WHEELS, LayerKind.PACKAGES]
    return sorted(missing, key=lambda one: kinds.index(one.kind) if one.kind in kinds else 3)


def _task(wanted: Wanted) -> str:
    return f"{wanted.kind.value}: {wanted.title}"


def _moved(store: Layout, image: Image, reference: Reference) -> Reference | None:
    """The name, unless it points at an index that has this image: then it is the image's too."""
    with suppress(ImageNotFound, DamagedBlob):
        index = store.index(reference)
        if index and image.digest in {one.digest for one in index.manifests.values()}:
            return None
    return reference
