"""An image before it is made: which of its layers are there, and what it would be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from lading.building import foreign
from lading.building.assemble import assemble
from lading.building.build import check_settings, layers_of
from lading.building.layers.blob import Blob
from lading.building.layers.cache import LayerCache
from lading.building.layers.claims import Claim
from lading.building.layers.file_hashes import FileHashes
from lading.building.layers.materials import Materials
from lading.building.layers.wanted import Wanted
from lading.building.lockfile import LockedEnvironment
from lading.building.progress import Silent
from lading.building.recipe import Recipe
from lading.oci import Image
from lading.stores.layout import Layout


@dataclass(frozen=True)
class Forecast:
    """Layers from the lowest up, each with its blob where it was made before."""

    recipe: Recipe
    locked: LockedEnvironment
    layers: tuple[tuple[Wanted, Blob | None], ...]
    image: Image | None
    """None as long as a layer has to be made. It need not be in the store under its name."""


def foresee(
    recipe: Recipe, locked: LockedEnvironment, store: Layout, cache: Path, *, check: bool = False
) -> Forecast:
    """What `build` would find and make now. Makes nothing, fetches nothing, writes nothing.

    With `check`, what need not be begun is refused as `build` would. Raises SettingsError,
    BuildError.
    """
    materials = Materials(locked, store, cache, Silent(), remembers=False)
    forecast = _forecast(recipe, materials, FileHashes(cache, recipe.source))
    if check and not recipe.is_foreign:
        check_settings(recipe)
        for one, blob in forecast.layers:
            if blob is None:
                one.check()
    return forecast


def taken(
    recipe: Recipe, locked: LockedEnvironment, store: Layout, cache: Path, claim: Claim
) -> Image | None:
    """The image of a claim, where by it `build` would make just that image; None where not.

    Reads what it takes to know that, however large, and remembers its hashes. Raises what
    `foresee` raises.
    """
    materials = Materials(locked, store, cache, Silent())
    for thorough in (False, True):
        hashes = FileHashes(cache, recipe.source, thorough=thorough)
        forecast = claimed(_forecast(recipe, materials, hashes), claim, store)
        if forecast.image and forecast.image.digest == claim.image.digest:
            hashes.save()
            return claim.image
        if not claim.may_complete(forecast.layers):
            return None
    return None


def claimed(forecast: Forecast, claim: Claim, store: Layout) -> Forecast:
    """The forecast that a claim makes of one: all of its image is there, or nothing is changed."""
    layers = claim.completed(forecast.layers)
    if layers is None:
        return forecast
    image = assemble(forecast.recipe, forecast.locked, layers, store)
    if image.digest != claim.image.digest:
        return forecast
    return replace(forecast, layers=tuple(layers), image=image)


def _forecast(recipe: Recipe, materials: Materials, hashes: FileHashes) -> Forecast:
    locked, store = materials.locked, materials.store
    if recipe.is_foreign:
        return Forecast(recipe, locked, (), foreign.foreseen(materials))
    there = LayerCache(materials.cache, store)
    layers = tuple((one, _foreseen(one, there)) for one in layers_of(recipe, materials, hashes))
    found = [(one, blob) for one, blob in layers if blob is not None]
    image = assemble(recipe, locked, found, store) if len(found) == len(layers) else None
    return Forecast(recipe, locked, layers, image)


def _foreseen(one: Wanted, there: LayerCache) -> Blob | None:
    # First, since the key of a model is known once its files are.
    one.files()
    key = one.key()
    return there.find(key) if key else None
