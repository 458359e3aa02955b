"""Images of the store, as a user names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lading.cli import building
from lading.errors import ImageNotFound, StoreError, UsageError
from lading.oci import Digest, Reference
from lading.settings import read
from lading.stores.layout import Layout


@dataclass(frozen=True)
class Named:
    """An image and what to call it."""

    name: str
    """"probe", or what was given as `--image`."""
    where: Reference | Digest


def images(store: Layout, names: Iterable[str], image: str | None) -> list[Named]:
    """What to work on: `image`, else those of the named services and steps, else all services'.

    Raises ImageNotFound, naming what is not built, and UsageError.
    """
    names = tuple(names)
    if image:
        if names:
            raise UsageError("--image names the image", came=" ".join(names), todo="leave one out")
        found = [Named(image, _parsed(image))]
    else:
        app = read(Path.cwd())
        recipes = [x for x in building.chosen(app, names) if names or not x.is_foreign]
        found = [Named(x.name, Reference(f"{app.name}/{x.name}")) for x in recipes]
    known = dict(store.references())
    for one in found:
        there = store.blobs.has(one.where) if isinstance(one.where, Digest) else one.where in known
        if not there:
            todo = "run `lading images --all`" if image else "run `lading build`, or `lading pull`"
            raise ImageNotFound("there is no such image in the store", one.name, todo=todo)
    return found


def _parsed(image: str) -> Reference | Digest:
    try:
        return Digest.parse(image) if image.startswith("sha256:") else Reference.parse(image)
    except StoreError as error:
        raise UsageError("--image", expected="app/service[:tag] or sha256:…", came=image) from error
