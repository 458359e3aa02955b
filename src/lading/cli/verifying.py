"""What `lading verify` does: find images, make each again, compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from lading.bills.made import Made
from lading.building.build import reference
from lading.building.comparing import images
from lading.building.comparing.rebuild import Bench, bench
from lading.building.comparing.values import Comparison
from lading.building.lockfile import Lock
from lading.building.progress import Named, Progress
from lading.building.recipe import Recipe
from lading.cli import building, locks, registries, revision_images, stored, workshops
from lading.controller.place import Place
from lading.errors import DamagedBlob, ImageNotFound, UsageError
from lading.oci import Digest, Image, Reference
from lading.oci.platforms import of_this_machine
from lading.settings.app import App
from lading.state.folders import Folders
from lading.stores.layout import Layout


@dataclass(frozen=True)
class Wanted:
    """What is to be verified: services and steps by name, or one image. Empty means all."""

    names: tuple[str, ...] = ()
    image: str | None = None
    revision: int | None = None
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """An image of the store, and what it is to be made from."""

    recipe: Recipe
    platform: str
    image: Image


@dataclass(frozen=True)
class Verified:
    """An image that was made again."""

    target: Target
    comparison: Comparison
    seconds: float
    since: tuple[str, ...] = ()
    """What has changed since it was built, the likeliest reasons for a difference."""

    @property
    def name(self) -> str:
        """For people: the service, with the platform where it is not this machine's."""
        here = self.target.platform == of_this_machine()
        return self.target.recipe.name + ("" if here else f" {self.target.platform}")


def verify(app: App, wanted: Wanted, progress: Progress, *, fetch: bool) -> list[Verified]:
    """Make each image again, with nothing of the layer cache, and compare it with the store's.

    Raises ImageNotFound, DamagedBlob for a layer whose bytes in the store are not its own,
    LockError, and what a build raises.
    """
    folders = Folders.of_user()
    store = Layout(folders.store)
    targets = list(_targets(app, wanted, store))
    lock = locks.fresh(app, {one.platform for one in targets})
    every = [lock.environments[one.recipe.environment.name] for one in targets]
    registries.bring(app, [one for each in every for one in each.values()], progress)
    # Its wheels that no index has, where they were not made or locked on this machine.
    pairs = [(one.recipe, each[one.platform]) for one, each in zip(targets, every, strict=True)]
    workshops.bring(app, pairs, progress, every=True)
    with bench(store, folders.cache, progress, fetch) as at:
        several = len(targets) > 1
        return [_verified(one, lock, at, app.folder, several) for one in targets]


def _verified(target: Target, lock: Lock, at: Bench, folder: Path, named: bool) -> Verified:
    begun, began = time.monotonic(), datetime.now(UTC)
    recipe, locked = target.recipe, lock.environments[target.recipe.environment.name]
    told = f"{recipe.name} {target.platform}" if named else ""
    progress = Named(at.progress, told) if named else at.progress
    progress.start(task := "read what is in the store", target.image.size)
    check_whole(target.image, at.originals, partial(progress.advance, task))
    progress.finish(task)
    mine = Bench(at.store, at.cache, progress, at.originals)
    again = mine.rebuilt(recipe, locked, target.platform)
    found = images.compare(target.image, again.image)
    made = Made(recipe, locked[target.platform], again, began)
    reasons = () if found.is_same else _since(target.image, made, folder, at.originals)
    return Verified(target, found, time.monotonic() - begun, reasons)


def _since(image: Image, made: Made, folder: Path, store: Layout) -> tuple[str, ...]:
    # Imported where something differs: what is said of a build takes long to import.
    from lading.bills import of
    from lading.bills.circumstances import Circumstances
    from lading.bills.since import since

    return since(of(store, image.digest), made, Circumstances(folder))


def check_whole(image: Image, store: Layout, read: Callable[[int], None] = lambda _: None) -> None:
    """Read every layer of the store's image; `read` hears of bytes. Raises DamagedBlob for one
    that is not whole."""
    for layer in image.layers:
        try:
            store.blobs.verify(layer.descriptor.digest)
            read(layer.descriptor.size)
        except DamagedBlob as error:
            error.problem = "a layer in the store is damaged"
            error.todo = "delete this file, then run `lading build` to make it again"
            raise


def _targets(app: App, wanted: Wanted, store: Layout) -> Iterator[Target]:
    if wanted.image:
        yield from _of_image(app, wanted, store, stored.parsed(wanted.image, store))
    elif wanted.revision:
        at = Place(app.folder, Folders.of_user())
        revision = revision_images.stored(at, wanted.names, wanted.revision)
        yield from _of_image(app, wanted, store, revision.spec.image)
    else:
        for recipe in building.chosen(app, wanted.names):
            if not recipe.is_foreign:
                yield from _of_name(recipe, wanted, store, reference(recipe))
            elif wanted.names:
                raise UsageError(
                    "is somebody else's image: nothing of it is built",
                    recipe.name,
                    todo="it is held to the digest in lading.lock whenever it is pulled",
                )


def _of_image(
    app: App, wanted: Wanted, store: Layout, name: Reference | Digest
) -> Iterator[Target]:
    index = store.index(name)
    first = next(iter(index.manifests.values())).digest if index else name
    labels = (store.read(first).settings.get("config") or {}).get("Labels") or {}
    owner, service = labels.get("io.lading.app", ""), labels.get("io.lading.service", "")
    recipes = {one.name: one for one in app.recipes}
    if owner != app.name or service not in recipes or {*wanted.names} - {service}:
        raise UsageError(
            f"is no image of {', '.join(wanted.names) or 'this app'}",
            str(wanted.image or name),
            expected=f"one of {app.name}: {', '.join(wanted.names or recipes)}",
            came=f"{owner}/{service}" if owner else "an image that Lading did not make",
        )
    yield from _of_name(recipes[service], wanted, store, name)


def _of_name(
    recipe: Recipe, wanted: Wanted, store: Layout, name: Reference | Digest
) -> Iterator[Target]:
    index = store.index(name)
    if index:
        there = {platform: one.digest for platform, one in index.manifests.items()}
    else:
        image = store.read(name)
        there = {_platform(image): image.digest}
    for platform in wanted.platforms or there:
        if platform not in there:
            todo = f"run `lading build --platform {platform}`"
            came = ", ".join(there)
            raise ImageNotFound(
                "no image for it", f"{recipe.name} {platform}", came=came, todo=todo
            )
        yield Target(recipe, platform, store.read(there[platform]))


def _platform(image: Image) -> str:
    return f"{image.settings.get('os', '')}/{image.settings.get('architecture', '')}"
