"""What images were made of, said before they are pushed: who pulls them builds nothing again."""

from __future__ import annotations

from lading.building.build import foresee, reference
from lading.building.layers import claims
from lading.building.lockfile import LockedEnvironment
from lading.building.recipe import Recipe
from lading.cli import locks
from lading.errors import LadingError
from lading.oci import Digest
from lading.settings.app import App
from lading.state.folders import Folders
from lading.stores.layout import Layout


def attach(app: App, store: Layout, name: str) -> None:
    """Attach to an image what its layers were made of, where the source here still gives it.

    It saves others work, and no more; so what stands in its way is no error.
    """
    recipe = next(one for one in app.recipes if one.name == name)
    try:
        index = store.index(reference(recipe))
        digests = {one.digest for one in index.manifests.values()} if index else set()
        if index is None:
            digests = {store.read(reference(recipe)).digest}
        lock = locks.fresh(app)
        for locked in lock.environments[recipe.environment.name].values():
            _claim(recipe, locked, store, digests)
    except LadingError:
        return


def _claim(recipe: Recipe, locked: LockedEnvironment, store: Layout, digests: set[Digest]) -> None:
    forecast = foresee(recipe, locked, store, Folders.of_user().cache)
    image = forecast.image
    if image is None or image.digest not in digests:
        return
    keys = {
        blob.descriptor.digest: key
        for one, blob in forecast.layers
        if blob is not None and (key := one.key())
    }
    store.attach(claims.of(image, keys))
