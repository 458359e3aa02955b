"""`--no-build`: services that run as the store has them, pulled or built, whatever their source.

Who wrote a name there is not known: it may have been pulled before lading.yaml named keys, or for
another app of that name. So each is held to the keys that are named now.
"""

from __future__ import annotations

from collections.abc import Collection

from lading.building.build import reference
from lading.cli import signature_checks
from lading.errors import ImageNotFound, NotSigned
from lading.oci import Digest
from lading.settings.app import App
from lading.stores.layout import Layout


def images(app: App, names: Collection[str], store: Layout) -> dict[str, Digest]:
    """By service, the image of each of the named services, or of all; of those that run somebody
    else's image, none. Raises ImageNotFound, which names all that have none, and NotSigned."""
    recipes = [one for one in app.recipes if one.name in (names or {x.name for x in app.services})]
    found, missing = {}, []
    for recipe in recipes:
        if recipe.is_foreign:
            continue
        try:
            found[recipe.name] = store.read(reference(recipe))
        except ImageNotFound:
            missing.append(recipe.name)
    if missing:
        raise ImageNotFound(
            "no image is there that could run without being built",
            where=", ".join(f"{app.name}/{name}" for name in missing),
            todo="run `lading pull`, or leave --no-build out",
        )
    try:
        signature_checks.require(app, store, {f"{app.name}/{x}": y for x, y in found.items()})
    except NotSigned as error:
        error.todo = "pull one that is, run `lading sign`, or leave --no-build out"
        raise
    return {name: image.digest for name, image in found.items()}
