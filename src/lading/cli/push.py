"""`lading push`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from lading.cli import elsewhere, output, places, pushes, registries, stored
from lading.cli.places import Given, Placed
from lading.cli.progress import shown
from lading.controller.place import Place
from lading.errors import SettingsError
from lading.oci import Digest
from lading.progress import Progress
from lading.settings import read
from lading.settings.app import App
from lading.state.folders import Folders
from lading.stores.layout import Layout
from lading.stores.registry import Pushed

Done = tuple[Placed, Pushed]
_MOVED_ON = (
    "this image was built of other settings, another lock, source or Lading than are here now; "
    "`lading build` makes one of these"
)


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE|STEP]...")
@click.option(
    "--to",
    "place",
    metavar="REGISTRY/PATH|REGISTRY/NAME:TAG",
    help="Where to push to, instead of `registry` of lading.yaml: a place for all images, such as "
    "ghcr.io/team, or, with a tag, the whole name of one.",
)
@click.option("--tag", metavar="TAG", help="The tag that images get, instead of latest.")
@click.option(
    "--insecure",
    is_flag=True,
    help="Ask the registry by plain HTTP too, and believe any certificate.",
)
@output.json_option
def command(
    names: tuple[str, ...], place: str | None, tag: str | None, insecure: bool, as_json: bool
) -> None:
    """Push images that are built, with their bills and signatures: of all services, or those named.

    In REGISTRY/PATH, the image of a service is called REGISTRY/PATH/APP/SERVICE:TAG; on Docker Hub,
    which has no such depth, docker.io/PATH/APP-SERVICE:TAG. What is there already is not sent
    again. Log in by `docker login` or `podman login`.
    """
    app = read(Path.cwd(), sources=False)
    given = Given("--to", place, tag, insecure)
    wanted = places.placed(app, names, given)
    store = Layout(Folders.of_user().store)
    stored.images(store, [one.name for one in wanted], None)
    _tell_moved_on(wanted, store)
    done: list[Done] = []
    try:
        with shown() as progress:
            for pushed in _push(places.heeding(app, wanted, given), store, wanted, progress):
                done.append(pushed)
    finally:
        # What is there is there, also where another one failed.
        if done:
            _tell(app, store, done, as_json)


def _tell_moved_on(wanted: Sequence[Placed], store: Layout) -> None:
    """Where an image was only pulled there may be no source to compare it with."""
    try:
        app = read(Path.cwd())
    except SettingsError:
        return
    for one in wanted:
        if elsewhere.has_moved_on(app, one.name, store, Folders.of_user().cache):
            click.echo(f"lading: {one.name}: {_MOVED_ON}", err=True)


def _push(app: App, store: Layout, wanted: Sequence[Placed], progress: Progress) -> Iterator[Done]:
    with registries.opened(app, progress) as there:
        for one in wanted:
            yield one, there.push(_digest(store, one), store, one.there)


def _tell(app: App, store: Layout, done: Sequence[Done], as_json: bool) -> None:
    pushes.remember(Place(app.folder, Folders.of_user()), _images(store, done))
    if as_json:
        output.print_json([_document(one, there) for one, there in done])
        return
    for _, there in done:
        click.echo(f"{there.location.host}/{there.location.repository}@{there.digest}")


def _images(store: Layout, done: Sequence[Done]) -> dict[Digest, str]:
    """Where each image is now, by digest: those of all platforms of an index."""
    found = {}
    for one, there in done:
        digests = _of_each_platform(store, one)
        where = f"{there.location.host}/{there.location.repository}"
        found.update(dict.fromkeys(digests, where))
    return found


def _of_each_platform(store: Layout, one: Placed) -> list[Digest]:
    index = store.index(one.here)
    if index is None:
        return [store.read(one.here).digest]
    return [manifest.digest for manifest in index.manifests.values()]


def _digest(store: Layout, one: Placed) -> Digest:
    index = store.index(one.here)
    return index.digest if index else store.read(one.here).digest


def _document(one: Placed, pushed: Pushed) -> dict[str, object]:
    return {
        "name": one.name,
        "image": f"{pushed.location.host}/{pushed.location.repository}@{pushed.digest}",
        "tag": pushed.location.tag,
        "digest": str(pushed.digest),
        "size": pushed.size,
        "sent": pushed.sent,
        "mounted": pushed.mounted,
        "attached": pushed.attached,
    }
