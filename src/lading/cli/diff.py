"""`lading diff`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import click
import msgspec

from lading import bills
from lading.building import contents
from lading.building.assemble import KIND
from lading.building.code_files import FileChange, code_changes
from lading.building.differences import Changed, Difference, differences
from lading.building.layers.wanted import LayerKind
from lading.cli import diff_shown, output, place
from lading.cli.revisions import NUMBER, Revisions
from lading.errors import StoreError
from lading.oci import Image, Manifest
from lading.releases.changes import Setting, settings_changed
from lading.releases.revision import Revision
from lading.stores.layout import Layout

_TOLD_OTHERWISE = frozenset({LayerKind.CODE.value, LayerKind.MODEL.value})


@dataclass(frozen=True)
class Sizes:
    """Bytes as stored, before and after: of a kind of layer, or of all ("image")."""

    what: str
    before: int
    after: int


@dataclass(frozen=True)
class Compared:
    """In what two revisions of a service differ.

    Of images that are not in the store nothing can be told: `missing` are their revisions.
    """

    service: str
    before: int
    after: int
    settings: tuple[Setting, ...]
    image: tuple[Difference, ...] = ()
    """Packages, and settings that are in the image."""
    models: Difference | None = None
    """Files; the texts are their SHA-256."""
    code: tuple[FileChange, ...] = ()
    sizes: tuple[Sizes, ...] = ()
    missing: tuple[int, ...] = ()


@click.command()
@click.argument("service")
@click.argument("before", required=False, type=NUMBER, metavar="[REVISION]")
@click.argument("after", required=False, type=NUMBER, metavar="[REVISION]")
@click.option("--code", is_flag=True, help="Show the lines of code that differ.")
@output.json_option
def command(service: str, before: int | None, after: int | None, code: bool, as_json: bool) -> None:
    """Show what differs between two revisions: packages, model, code, settings, sizes.

    With one REVISION, from that to what runs now; with none, from the last that answered before
    the newest to the newest.
    """
    found = Revisions.of(place.found())
    was, now = _two(found, service, before, after)
    compared = compare(found, was, now)
    if as_json:
        output.print_json(msgspec.to_builtins(compared))
        return
    diff_shown.show(compared, was, now, code)
    if compared.missing:
        _tell_missing(found, [one for one in (was, now) if one.number in compared.missing])


def compare(found: Revisions, was: Revision, now: Revision) -> Compared:
    """What can be told from what is here. Raises StoreError for damaged images."""
    settings = settings_changed(was.spec, now.spec)
    images = {one.number: found.image(one) for one in (was, now)}
    before, after = images[was.number], images[now.number]
    if before is None or after is None:
        missing = tuple(number for number, image in images.items() if image is None)
        missing = missing if was.spec.image != now.spec.image else ()
        return Compared(was.service, was.number, now.number, settings, missing=missing)
    store = Layout(found.at.folders.store)
    image = differences(contents.of_image(before), contents.of_image(after))
    return Compared(
        was.service,
        was.number,
        now.number,
        settings,
        tuple(one for one in image if one.what not in _TOLD_OTHERWISE and one.is_known),
        _models(_model_files(store, before), _model_files(store, after)),
        code_changes(before, after),
        _sizes(before, after),
    )


def _two(
    found: Revisions, service: str, before: int | None, after: int | None
) -> tuple[Revision, Revision]:
    """In the order in which they are compared."""
    if before is not None and after is not None:
        return found.one(service, before), found.one(service, after)
    if before is not None:
        was = found.one(service, before)
        return was, found.current(service) or found.kept(service, 1)[0]
    return found.last_two(service)


def _model_files(store: Layout, image: Image) -> Mapping[str, str]:
    """By path, as the bill tells; of an image without one nothing is known."""
    try:
        bill = bills.of(store, image.digest)
    except StoreError:
        return {}
    found = {}
    for one in bill.dependencies if bill else ():
        notes, digest = one.get("annotations"), one.get("digest")
        if isinstance(notes, dict) and notes.get("kind") == "model" and isinstance(digest, dict):
            found[str(one.get("name"))] = str(digest.get("sha256"))
    return found


def _models(was: Mapping[str, str], now: Mapping[str, str]) -> Difference:
    return Difference(
        "model",
        tuple(sorted(now.keys() - was.keys())),
        tuple(sorted(was.keys() - now.keys())),
        tuple(
            Changed(path, was[path], now[path])
            for path in sorted(was.keys() & now.keys())
            if was[path] != now[path]
        ),
    )


def _sizes(before: Image, after: Image) -> tuple[Sizes, ...]:
    """Of the whole first, then of kinds of layers that differ, from the lowest up."""
    was, now = _by_kind(before), _by_kind(after)
    whole = Sizes("image", sum(was.values()), sum(now.values()))
    kinds = [one for one in {**was, **now} if was.get(one) != now.get(one)]
    return (whole, *(Sizes(kind, was.get(kind, 0), now.get(kind, 0)) for kind in kinds))


def _by_kind(image: Image) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for one in Manifest.parse(image.manifest).layers:
        kind = one.annotations.get(KIND, "other")
        sizes[kind] = sizes.get(kind, 0) + one.size
    return sizes


def _tell_missing(found: Revisions, missing: list[Revision]) -> None:
    pushed = found.pushed(missing)
    for one in missing:
        where = pushed.get(one.spec.image)
        todo = f"; it was pushed to {where}@{one.spec.image}" if where else ""
        said = f"the image of revision {one.number} is not in the store{todo}"
        click.echo(f"lading: {said}: settings alone are compared", err=True)
