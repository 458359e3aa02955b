"""`--no-build`: services that run as the store has them, pulled or built, whatever their source."""

from __future__ import annotations

from collections.abc import Collection

from lading.building.build import reference
from lading.errors import ImageNotFound
from lading.oci import Digest
from lading.settings.app import App
from lading.stores.layout import Layout


def images(app: App, names: Collection[str], store: Layout) -> dict[str, Digest]:
    """By service, the image of each of the named services, or of all; of those that run somebody
    else's image, none. Raises ImageNotFound, which names all that have none."""
    recipes = [one for one in app.recipes if one.name in (names or {x.name for x in app.services})]
    found, missing = {}, []
    for recipe in recipes:
        if recipe.is_foreign:
            continue
        try:
            found[recipe.name] = store.read(reference(recipe)).digest
        except ImageNotFound:
            missing.append(recipe.name)
    if missing:
        raise ImageNotFound(
            "no image is there that could run without being built",
            where=", ".join(f"{app.name}/{name}" for name in missing),
            todo="run `lading pull`, or leave --no-build out",
        )
    return found
