"""Images of the store, as a user names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lading.cli import building, what_runs
from lading.errors import ImageNotFound, SettingsError, StoreError, UsageError
from lading.oci import Digest, Reference
from lading.settings import find, read
from lading.stores.layout import Layout

_SHORTEST = 6
"""Of a digest's hexadecimal digits, that stand for all of it."""


@dataclass(frozen=True)
class Named:
    """An image and what to call it."""

    name: str
    """"probe", or what was given as `--image`."""
    where: Reference | Digest
    bill: str = ""
    """Digest of the provenance that its revision began with, where one was named."""


def images(
    store: Layout, names: Iterable[str], image: str | None, revision: int | None = None
) -> list[Named]:
    """What to work on: `image`, a revision of the named service, else the images of the named
    services and steps, else all services'; of these it says which are not what runs.

    Raises ImageNotFound, naming what is not built, and UsageError.
    """
    names = tuple(names)
    if image and revision:
        raise UsageError("--image and --revision exclude each other", todo="leave one of them out")
    if revision:
        return [_of_revision(names, revision)]
    if image:
        if names:
            raise UsageError("--image names the image", came=" ".join(names), todo="leave one out")
        found = [Named(image, parsed(image, store))]
    else:
        found = _of_app(names)
    known = dict(store.references())
    for one in found:
        there = store.blobs.has(one.where) if isinstance(one.where, Digest) else one.where in known
        if not there:
            todo = "run `lading images --all`" if image else "run `lading build`, or `lading pull`"
            raise ImageNotFound("there is no such image in the store", one.name, todo=todo)
    if not image:
        of_app = [(x.name, x.where) for x in found if isinstance(x.where, Reference)]
        what_runs.tell(find(Path.cwd()), store, of_app)
    return found


def parsed(text: str, store: Layout) -> Reference | Digest:
    """A name in the store, a digest, or the first digits of one. Raises UsageError."""
    digits = text.removeprefix("sha256:").lower()
    if not (set(digits) <= set("0123456789abcdef") and len(digits) >= _SHORTEST):
        expected = f"app/service[:tag] or the first {_SHORTEST} digits of a digest, or more"
        if text.startswith("sha256:"):
            raise UsageError("--image", expected=expected, came=text)
        try:
            return Reference.parse(text)
        except StoreError as error:
            raise UsageError("--image", expected=expected, came=text) from error
    if len(digits) == 64:
        return Digest(digits)
    known = {digest for _, digest in store.references()} | {*store.unnamed()}
    found = [digest for digest in known if digest.hex.startswith(digits)]
    if len(found) != 1:
        came = "none" if not found else f"{len(found)} of them"
        raise UsageError("--image", expected=f"one image whose digest begins {digits}", came=came)
    return found[0]


def _of_app(names: tuple[str, ...]) -> list[Named]:
    try:
        app = read(Path.cwd(), sources=False)
    except SettingsError as error:
        # What is in the store can be looked at whatever lading.yaml says.
        other = "name an image of the store with --image"
        error.todo = f"{error.todo}; or {other}" if error.todo else f"mend it, or {other}"
        raise
    recipes = [x for x in building.chosen(app, names) if names or not x.is_foreign]
    if not recipes:
        todo = "name one of them, or an image of the store with --image"
        raise UsageError(f"{app.name} builds no image: its services are others' images", todo=todo)
    return [Named(x.name, Reference(f"{app.name}/{x.name}")) for x in recipes]


def _of_revision(names: tuple[str, ...], number: int) -> Named:
    # What knows the revisions takes a while to import.
    from lading.cli import place, revision_images

    found = revision_images.stored(place.found(), names, number)
    return Named(f"{found.service} revision {number}", found.spec.image, found.occasion.bill)
