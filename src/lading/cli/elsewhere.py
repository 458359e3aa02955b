"""Images that were made elsewhere and pulled: what runs need not be built again where they are it.

Only for what runs images. What `lading build` makes is made here, and so may be signed and pushed
by who asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lading.building import forecast
from lading.building.build import reference
from lading.building.forecast import Forecast
from lading.building.layers.claims import Claim
from lading.building.lockfile import LockedEnvironment
from lading.building.recipe import Recipe
from lading.cli import key_files, locks
from lading.errors import LadingError, StoreError
from lading.oci import Image, Reference
from lading.settings.app import App
from lading.stores.layout import Layout


@dataclass(frozen=True)
class Elsewhere:
    """A store in which images of an app may be that others made."""

    app: App
    store: Layout
    cache: Path

    def image(self, recipe: Recipe, locked: LockedEnvironment) -> Image | None:
        """The image that has the recipe's name, if not all of its layers were made here and a
        claim that counts says that a build would make just it. Raises what `foresee` raises."""
        plain = forecast.foresee(recipe, locked, self.store, self.cache)
        if plain.image is not None:
            return None
        claim = self._claim(plain)
        if claim is None:
            return None
        return forecast.taken(recipe, locked, self.store, self.cache, claim)

    def foresee(
        self, recipe: Recipe, locked: LockedEnvironment, *, check: bool = False
    ) -> Forecast:
        """What `build` makes now, but for what is there of others: as `building.forecast`."""
        plain = forecast.foresee(recipe, locked, self.store, self.cache)
        claim = None if plain.image is not None else self._claim(plain)
        found = forecast.claimed(plain, claim, self.store) if claim else plain
        if check and found.image is None:
            return forecast.foresee(recipe, locked, self.store, self.cache, check=True)
        return found

    def _claim(self, plain: Forecast) -> Claim | None:
        """The claim of the image that has the name. Where lading.yaml names keys, a signed one."""
        if plain.recipe.is_foreign:
            return None
        # Imported where a layer is missing.
        from lading.bills import claims

        try:
            image = self.store.read(reference(plain.recipe))
        except StoreError:
            return None
        said = claims.of(self.store, image)
        if not said.may_complete(plain.layers):
            return None
        trust = key_files.of_app(self.app)
        return claims.of(self.store, image, trust) if trust else said


def has_moved_on(app: App, name: str, store: Layout, cache: Path) -> bool:
    """Whether the image of a service or step was made of something else than a build would now
    make it of. False where nothing tells."""
    from lading.bills import claims

    recipe = next(one for one in app.recipes if one.name == name)
    try:
        lock = locks.fresh(app)
        for platform, image in _images(store, reference(recipe)):
            locked = lock.environments[recipe.environment.name].get(platform)
            if locked is None:
                continue
            claim = claims.of(store, image)
            plain = forecast.foresee(recipe, locked, store, cache)
            found = forecast.claimed(plain, claim, store).image
            same = found.digest == image.digest if found else claim.may_complete(plain.layers)
            if not same and (found or claim.keys):
                return True
    except LadingError:
        # Nothing of what is here can be built.
        return True
    return False


def _images(store: Layout, name: Reference) -> list[tuple[str, Image]]:
    """By platform."""
    index = store.index(name)
    if index:
        return [(platform, store.read(x.digest)) for platform, x in index.manifests.items()]
    image = store.read(name)
    settings = image.settings
    return [(f"{settings.get('os', '')}/{settings.get('architecture', '')}", image)]
