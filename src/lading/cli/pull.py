"""`lading pull`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from lading.cli import key_files, output, places, registries, signature_checks
from lading.cli.places import Given, Placed
from lading.cli.progress import shown
from lading.errors import NotInRegistry, RegistryError
from lading.oci import Image
from lading.oci.platforms import of_this_machine
from lading.progress import Progress
from lading.settings import read
from lading.settings.app import App
from lading.state.folders import Folders
from lading.stores.layout import Layout
from lading.stores.registry import Registries

_APP, _SERVICE = "io.lading.app", "io.lading.service"


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE|STEP]...")
@click.option(
    "--from",
    "place",
    metavar="REGISTRY/PATH|REGISTRY/NAME[:TAG][@DIGEST]",
    help="Where to pull from, instead of `registry` of lading.yaml: a place for all images, or, "
    "with a tag or a digest, the whole name of one.",
)
@click.option("--tag", metavar="TAG", help="The tag to pull, instead of latest.")
@click.option(
    "--insecure",
    is_flag=True,
    help="Ask the registry by plain HTTP too, and believe any certificate.",
)
@output.json_option
def command(
    names: tuple[str, ...], place: str | None, tag: str | None, insecure: bool, as_json: bool
) -> None:
    """Pull images that were pushed, with their bills and signatures: of all services, or those
    named.

    They take the place of what is built of them here; where lading.yaml names keys in `signatures`,
    only if one of them signed. Of one for several platforms, this machine's
    is pulled.
    """
    app = read(Path.cwd(), sources=False)
    given = Given("--from", place, tag, insecure)
    wanted = places.placed(app, names, given)
    store = Layout(Folders.of_user().store)
    with shown() as progress:
        pulled = _pull(places.heeding(app, wanted, given), store, wanted, progress)
    if as_json:
        output.print_json([_document(store, one, image) for one, image in _pairs(wanted, pulled)])
        return
    for one, image in _pairs(wanted, pulled):
        click.echo(f"{one.name}  {image.digest}  {output.size(image.size)}  from {one.there}")


def _pull(app: App, store: Layout, wanted: Sequence[Placed], progress: Progress) -> list[Image]:
    # A key that cannot be read is said before anything is fetched.
    key_files.of_app(app)
    with registries.opened(app, progress) as there:
        pulled = [_one(there, one, store) for one in wanted]
    for one, image in _pairs(wanted, pulled):
        _check_owner(one, image)
    signature_checks.require(app, store, {str(one.there): x for one, x in _pairs(wanted, pulled)})
    # Names move when all is there: half of a release is none.
    for one, image in _pairs(wanted, pulled):
        store.write(image, one.here)
    return pulled


def _one(there: Registries, one: Placed, store: Layout) -> Image:
    try:
        return there.pull(one.there, store, of_this_machine())
    except NotInRegistry as error:
        error.todo = "push it there, or name another tag by --tag"
        raise


def _check_owner(one: Placed, image: Image) -> None:
    """An image says whose it is, and its signature covers that: who can write to a registry could
    have another image of the same signer's counted for this one."""
    came = "/".join(map(_labels(image).get, (_APP, _SERVICE), ("", "")))
    if came != one.here.name:
        problem, expected = "is the image of something else", f"an image of {one.here.name}"
        other = came if came != "/" else "one that Lading did not make"
        todo = "name the place by --from" if came != "/" else "run it by `image:` in lading.yaml"
        raise RegistryError(problem, str(one.there), expected, other, todo)


def _labels(image: Image) -> dict[str, str]:
    execution = image.settings.get("config")
    labels = execution.get("Labels") if isinstance(execution, dict) else None
    return {key: str(x) for key, x in labels.items()} if isinstance(labels, dict) else {}


def _pairs(wanted: Sequence[Placed], pulled: Sequence[Image]) -> list[tuple[Placed, Image]]:
    return list(zip(wanted, pulled, strict=True))


def _document(store: Layout, one: Placed, image: Image) -> dict[str, object]:
    return {
        "name": one.name,
        "from": str(one.there),
        "digest": str(image.digest),
        "size": image.size,
        "attached": len(store.attached(image.digest)),
    }
