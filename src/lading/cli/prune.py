"""`lading prune`."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace

import click

from lading.cli import output
from lading.controller import everywhere
from lading.engines.engine import BRIDGE
from lading.errors import UsageError
from lading.oci import Digest, Reference
from lading.state.folders import Folders
from lading.stores import pruning
from lading.stores.layout import Layout
from lading.stores.pruning import Pruning

_KEEP = 10
_SHOWN = 30
"""Rows of what stays."""


@dataclass(frozen=True)
class _Found:
    """What goes, or went. Sizes are bytes."""

    store: Pruning
    sizes: Mapping[Digest, int]
    """Of images, as they are stored."""
    unpacked: int
    """Of what engines had made of images."""
    cache: int = 0


@click.command()
@click.option(
    "--keep",
    type=click.IntRange(1),
    default=_KEEP,
    show_default=True,
    metavar="N",
    help="The newest revisions of each service whose images stay, to go back to.",
)
@click.option(
    "--forget",
    "forgotten",
    multiple=True,
    metavar="APP[/SERVICE]",
    help="Take the name away from an app's newest images too; may be repeated.",
)
@click.option("--cache", is_flag=True, help="Remove downloads and other things made to be quick.")
@click.option("--dry-run", is_flag=True, help="Print what would be removed, and remove nothing.")
@click.option("--all", "every", is_flag=True, help="Print all that stays, however much it is.")
@output.json_option
def command(
    keep: int, forgotten: tuple[str, ...], cache: bool, dry_run: bool, every: bool, as_json: bool
) -> None:
    """Remove images that no app of this user needs, and what was made of them.

    What stays: the newest image of each service and step, images of revisions that run or may be
    gone back to, and what is attached to them. Nothing is removed while an image is being built.
    """
    folders = Folders.of_user()
    store = Layout(folders.store)
    names = _names(store, forgotten)
    # What is needed is asked for while nobody can start anything that needs more.
    with nullcontext() if dry_run else store.alone():
        found = _pruned(folders, store, keep, names, dry_run)
    if cache:
        found = replace(found, cache=_cache(folders, dry_run))
    if as_json:
        output.print_json(_document(found))
    else:
        _print(found, dry_run, every)


def _pruned(
    folders: Folders, store: Layout, keep: int, names: Iterable[Reference], dry_run: bool
) -> _Found:
    apps = everywhere.apps(folders)
    engines = everywhere.engines(apps, folders)
    needed = dict(everywhere.needed(apps, keep))
    for digest, why in everywhere.running(engines):
        needed.setdefault(digest, []).append(why)
    planned = pruning.plan(store, needed, names)
    staying = [one.digest for one in planned.kept]
    sizes = {one: pruning.size(store, one) for one in (*planned.images, *staying)}
    if not dry_run:
        pruning.remove(store, planned)
    unpacked = sum(engine.prune(staying, dry_run) for engine in engines)
    return _Found(planned, sizes, unpacked)


def _names(store: Layout, forgotten: Iterable[str]) -> list[Reference]:
    """Raises UsageError for what names nothing."""
    # The engine's own is no app's: what runs may be started again at any time, and needs it then.
    there = [one.name for one in store.listed() if one.name and one.name != BRIDGE]
    found = []
    for text in forgotten:
        asked = text.rstrip("/")
        mine = [name for name in there if name.name == asked or name.name.startswith(f"{asked}/")]
        if not mine:
            todo = "`lading images --all` shows what there is"
            raise UsageError("names no image", f"--forget {text}", todo=todo)
        found += mine
    return found


def _cache(folders: Folders, dry_run: bool) -> int:
    """Bytes of what may be deleted at any time."""
    if not folders.cache.is_dir():
        return 0
    size = sum(path.lstat().st_size for path in folders.cache.rglob("*") if path.is_file())
    if not dry_run:
        shutil.rmtree(folders.cache, ignore_errors=True)
    return size


def _print(found: _Found, dry_run: bool, every: bool) -> None:
    kept, gone = found.store.kept, found.store.images
    if kept:
        shown = kept if every else kept[-_SHOWN:]
        rows = [
            (one.digest.short, output.size(found.sizes[one.digest]), "; ".join(one.reasons))
            for one in reversed(shown)
        ]
        output.print_table(("STAYS", "SIZE", "SINCE IT"), rows)
        if len(shown) < len(kept):
            click.echo(f"and {len(kept) - len(shown)} more, which --all shows")
        click.echo()
    if gone:
        verb = "WOULD GO" if dry_run else "REMOVED"
        removed = [(one.short, output.size(found.sizes[one])) for one in reversed(gone)]
        output.print_table((verb, "SIZE"), removed)
        click.echo()
    click.echo(_total(found, dry_run))


def _total(found: _Found, dry_run: bool) -> str:
    freed = found.store.size + found.unpacked + found.cache
    if not (freed or found.store.anything):
        return "nothing to remove: all that is there is needed"
    parts = [f"{output.size(found.store.size)} in the store"]
    if found.unpacked:
        parts.append(f"{output.size(found.unpacked)} unpacked")
    if found.cache:
        parts.append(f"{output.size(found.cache)} in the cache")
    verb = "would be freed" if dry_run else "freed"
    return f"{output.size(freed)} {verb}: {', '.join(parts)}"


def _document(found: _Found) -> dict[str, object]:
    return {
        "kept": [
            {
                "digest": str(one.digest),
                "size": found.sizes[one.digest],
                "reasons": list(one.reasons),
            }
            for one in found.store.kept
        ],
        "removed": [{"digest": str(one), "size": found.sizes[one]} for one in found.store.images],
        "names": [str(name) for name in found.store.names],
        "blobs": len(found.store.blobs),
        "store_size": found.store.size,
        "unpacked_size": found.unpacked,
        "cache_size": found.cache,
    }
