"""Whether what was built or pulled last is what runs: after a rollback, or an update that did not
get ready, it is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from lading.controller.place import Place
from lading.errors import LadingError
from lading.oci import Digest, Reference
from lading.state.folders import Folders
from lading.stores.layout import Layout


def tell(folder: Path, store: Layout, named: Iterable[tuple[str, Reference]]) -> None:
    """Say of which of these services of the app in `folder` another image runs."""
    running = _running(folder)
    for name, where in named:
        runs = running.get(name)
        if runs and runs not in _of_each_platform(store, where):
            told = f"another image runs, {runs.short}; what was built or pulled last is meant"
            click.echo(f"lading: {name}: {told}", err=True)


def _running(folder: Path) -> dict[str, Digest]:
    at = Place(folder, Folders.of_user())
    if not at.socket.exists():
        return {}
    # Imported where an app is up: it is as much as all else of a command.
    from lading.controller.client import Client

    try:
        wanted = Client(at.socket).wanted()
    except LadingError:
        return {}
    return {one.name: Digest.parse(one.image) for one in wanted.services} if wanted else {}


def _of_each_platform(store: Layout, where: Reference) -> Iterator[Digest]:
    try:
        index = store.index(where)
        if index is None:
            yield store.read(where).digest
        else:
            yield from (manifest.digest for manifest in index.manifests.values())
    except LadingError:
        # Whoever reads it says so.
        return
