"""An image of somebody else's that is run as it is: nothing to build, only to have."""

from __future__ import annotations

from collections.abc import Sequence

from lading.building.bases import supply
from lading.building.layers.materials import Materials
from lading.building.recipe import Recipe
from lading.errors import BuildError
from lading.oci import Image, Layer

KIND = "image"
"""What its layers are called beside those of ours."""


def image(materials: Materials) -> Image:
    """The image that is locked. Raises BuildError where it is not in the store."""
    base = materials.locked.image
    if base is None:
        raise BuildError("no image is locked", todo="run `lading lock`")
    return supply.required(base, materials.store)


def foreseen(materials: Materials) -> Image | None:
    """As `image`; None where it is not in the store."""
    base = materials.locked.image
    return supply.stored(base, materials.store) if base else None


def check(image: Image, recipe: Recipe) -> None:
    """Raises BuildError where nobody says what a container of it runs."""
    said = image.settings.get("config") or {}
    if not (recipe.command or said.get("Entrypoint") or said.get("Cmd")):
        todo = "add `command`, or take an image that has one"
        raise BuildError("its image does not say what to run", recipe.name, todo=todo)


def titles(materials: Materials, layers: Sequence[Layer]) -> list[str]:
    """For people, one for each layer."""
    name = materials.locked.image.reference if materials.locked.image else ""
    return [f"{name} {number}/{len(layers)}" for number in range(1, len(layers) + 1)]
