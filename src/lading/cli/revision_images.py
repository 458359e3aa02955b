"""The image of a revision, as commands name it by the revision's number."""

from __future__ import annotations

from collections.abc import Iterable

from lading.cli.revisions import Revisions
from lading.controller.place import Place
from lading.errors import ImageNotFound, UsageError
from lading.releases.revision import Revision


def stored(at: Place, names: Iterable[str], number: int) -> Revision:
    """That revision of the one service that is named, whose image is in the store.

    Raises UsageError for what is no revision of one service, ImageNotFound with where the image can
    be had, StateError.
    """
    names = tuple(names)
    if len(names) != 1:
        came = " ".join(names) or "none"
        raise UsageError("--revision", expected="the name of its service", came=came)
    found = Revisions.of(at)
    revision = found.one(names[0], number)
    if found.image(revision) is None:
        raise _gone(revision, found.pushed([revision]).get(revision.spec.image))
    return revision


def _gone(revision: Revision, location: str | None) -> ImageNotFound:
    where, image = f"{revision.service} revision {revision.number}", revision.spec.image
    if location:
        todo = f"run `lading pull {revision.service} --from {location}@{image}`"
    else:
        at = f" at commit {revision.occasion.commit[:12]}" if revision.occasion.commit else ""
        todo = f"it was pushed nowhere; build it again from its source{at}"
    return ImageNotFound(f"its image, {image.short}, is not in the store", where, todo=todo)
