"""An image before it is made: which of its layers are there, and what it would be."""

from __future__ import annotations

from dataclasses import dataclass

from lading.building.layers.blob import Blob
from lading.building.layers.wanted import Wanted
from lading.building.lockfile import LockedEnvironment
from lading.building.recipe import Recipe
from lading.oci import Image


@dataclass(frozen=True)
class Forecast:
    """Layers from the lowest up, each with its blob where it was made before."""

    recipe: Recipe
    locked: LockedEnvironment
    layers: tuple[tuple[Wanted, Blob | None], ...]
    image: Image | None
    """None as long as a layer has to be made. It need not be in the store under its name."""
