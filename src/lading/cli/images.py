"""`lading images`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from lading.cli import output
from lading.errors import StoreError
from lading.oci import Digest, Image, Reference
from lading.oci.platforms import of_this_machine
from lading.settings import read
from lading.state.folders import Folders
from lading.stores.layout import Layout
from lading.stores.sharing import Share, SharedLayer, shares

_SHORT = 12
"""Hexadecimal digits of a digest."""
_TITLE = "org.opencontainers.image.title"


@dataclass(frozen=True)
class _Listed:
    """Images by name, in order; where there is none, why."""

    images: Mapping[str, Image | str]

    @property
    def there(self) -> dict[str, Image]:
        return {name: x for name, x in self.images.items() if isinstance(x, Image)}


@click.command()
@click.option("--layers", is_flag=True, help="Show the layers of each image too.")
@click.option("--all", "every", is_flag=True, help="Show every image in the store, of any app.")
@output.json_option
def command(layers: bool, every: bool, as_json: bool) -> None:
    """Show the images of services and steps: their sizes, what they share, what each adds.

    SHARED is what another image shown has as well, ADDS what none above it has, OWN what no other
    has. Sizes are as stored, compressed; UNPACKED is that of the same layers where they are run.
    """
    store = Layout(Folders.of_user().store)
    listed = _every(store) if every else _of_app(store)
    found = shares(listed.there)
    if as_json:
        output.print_json(_document(store, listed, found))
        return
    if not found:
        nothing = "the store has no image" if every else "nothing is built yet"
        click.echo(f"{nothing}; `lading build` builds the images of an app")
        return
    if layers:
        _print_layers(listed, found)
    else:
        _print_images(listed, found)
    click.echo(f"\n{_total(store, found)}")


def _of_app(store: Layout) -> _Listed:
    app = read(Path.cwd(), sources=False)
    known = dict(store.references())
    named = {recipe.name: Reference(f"{app.name}/{recipe.name}") for recipe in app.recipes}
    several = _indexes(store)
    images: dict[str, Image | str] = {}
    for name, where in named.items():
        images[name] = _image(store, known.get(where))
        if where in several:
            images |= _of_other_platforms(store, name, several[where])
    return _Listed(images)


def _every(store: Layout) -> _Listed:
    """By name; what had a name before is called `name@digest`, and comes after what has it now."""
    several = _indexes(store)
    images: dict[str, Image | str] = {}
    for where, digest in store.references():
        name = str(where).removesuffix(":latest")
        images[name] = _image(store, digest)
        if where in several:
            images |= _of_other_platforms(store, name, several[where])
    for digest in store.unnamed():
        image = _image(store, digest)
        images[f"{_title(image)}@{digest.hex[:_SHORT]}"] = image
    return _Listed(dict(sorted(images.items(), key=lambda item: item[0].partition("@")[:2])))


def _indexes(store: Layout) -> dict[Reference, Digest]:
    """Names that point at images for several platforms."""
    return {one.name: one.digest for one in store.listed() if one.is_index and one.name}


def _of_other_platforms(store: Layout, name: str, digest: Digest) -> dict[str, Image | str]:
    """What else a name points at, by way of an index, each called `name@platform`."""
    try:
        index = store.index(digest)
    except StoreError:
        return {}
    others = dict(index.manifests) if index else {}
    here = index.manifest_for(of_this_machine()) if index else None
    shown = here or next(iter(others.values()), None)
    return {
        f"{name}@{platform}": _image(store, one.digest)
        for platform, one in others.items()
        if one is not shown
    }


def _image(store: Layout, digest: Digest | None) -> Image | str:
    if digest is None:
        return "not built"
    try:
        return store.read(digest)
    except StoreError:
        return "damaged; `lading build` makes it again"


def _title(image: Image | str) -> str:
    labels = image.settings["config"].get("Labels") if isinstance(image, Image) else None
    return str((labels or {}).get(_TITLE) or "unnamed")


def _print_images(listed: _Listed, found: Sequence[Share]) -> None:
    headings = ("IMAGE", "DIGEST", "SIZE", "UNPACKED", "SHARED", "ADDS", "OWN")
    by_name = {share.name: share for share in found}
    rows = [
        (shown, *(_cells(by_name[name]) if name in by_name else _absent(listed, name)))
        for name, shown in _indented(listed.images)
    ]
    output.print_table(headings, rows)


def _cells(share: Share) -> tuple[str, ...]:
    sizes = (
        share.size,
        share.unpacked_size,
        share.shared_size,
        share.added_size,
        share.own_size,
    )
    return share.digest.hex[:_SHORT], *map(output.size, sizes)


def _absent(listed: _Listed, name: str) -> tuple[str, ...]:
    why = listed.images.get(name)
    return (str(why) if why else "", *[""] * 5)


def _indented(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names and how they are shown: those of all apps below their app's, for short lines."""
    before = ""
    for name in names:
        app, _, service = name.partition("@")[0].rpartition("/")
        if app != before:
            yield "", app
        before = app
        yield name, f"{'  ' if app else ''}{service}{_apart(name)}"


def _apart(name: str) -> str:
    """By what an image differs from the one that has its name on this machine."""
    _, at, rest = name.partition("@")
    if not at:
        return ""
    return f" {rest}" if "/" in rest else " (earlier)"


def _print_layers(listed: _Listed, found: Sequence[Share]) -> None:
    by_name = {share.name: share for share in found}
    for name in listed.images:
        share, shown = by_name.get(name), name.partition("@")[0] + _apart(name)
        if share is None:
            click.echo(f"{shown}  {_absent(listed, name)[0]}")
            continue
        click.echo(f"{shown}  {share.digest.hex[:_SHORT]}  {output.size(share.size)}")
        rows = [_layer_cells(layer) for layer in share.layers]
        output.print_table(("  LAYER", "SIZE", "UNPACKED", "ALSO IN", "WHAT"), rows)


def _layer_cells(layer: SharedLayer) -> tuple[str, ...]:
    also = f"{layer.others} others" if layer.others > 1 else layer.also_in
    sizes = output.size(layer.size), output.size(layer.unpacked_size)
    return f"  {layer.kind or '-'}", *sizes, also or "-", layer.title or layer.digest.hex[:_SHORT]


def _total(store: Layout, found: Sequence[Share]) -> str:
    one_by_one = sum(share.size for share in found)
    together = sum(share.added_size for share in found)
    what = "1 image" if len(found) == 1 else f"{len(found)} images"
    return (
        f"{what}: {output.size(one_by_one)} one by one, {output.size(together)} in the store, "
        f"which holds {output.size(store.blobs.total_size())} in all"
    )


def _document(store: Layout, listed: _Listed, found: Sequence[Share]) -> dict[str, object]:
    by_name = {share.name: share for share in found}
    return {
        "images": [
            _share_document(by_name[name]) if name in by_name else {"name": name, "missing": why}
            for name, why in listed.images.items()
        ],
        # Once each, and not with every image that has it.
        "layers": [
            {"digest": str(digest), "images": list(names)}
            for digest, names in {x.digest: x.had_by for one in found for x in one.layers}.items()
        ],
        "size": sum(share.size for share in found),
        "stored_size": sum(share.added_size for share in found),
        "store_size": store.blobs.total_size(),
        "store": str(store.folder),
    }


def _share_document(share: Share) -> dict[str, object]:
    return {
        "name": share.name,
        "digest": str(share.digest),
        "size": share.size,
        "unpacked_size": share.unpacked_size,
        "shared_size": share.shared_size,
        "added_size": share.added_size,
        "own_size": share.own_size,
        "layers": [
            {
                "kind": layer.kind,
                "title": layer.title,
                "digest": str(layer.digest),
                "size": layer.size,
                "unpacked_size": layer.unpacked_size,
                "others": layer.others,
            }
            for layer in share.layers
        ],
    }
