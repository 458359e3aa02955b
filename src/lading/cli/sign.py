"""`lading sign`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lading.cli import key_files, output, places, stored
from lading.cli.places import Given
from lading.cli.stored import Named
from lading.errors import StoreError, UsageError
from lading.oci.location import Location
from lading.settings import read
from lading.state.folders import Folders
from lading.stores.layout import Layout

if TYPE_CHECKING:
    from lading.bills.signatures.signing import Signed, Signer


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE|STEP]...")
@click.option(
    "--key",
    metavar="FILE|env://NAME",
    help="The private key, made by `lading keygen` or cosign, or in PEM. Its password comes from "
    "COSIGN_PASSWORD, or is asked for.",
)
@click.option("--keyless", is_flag=True, help="Sign as who you are, by sigstore's public service.")
@click.option(
    "--reference",
    metavar="REGISTRY/NAME[:TAG]",
    help="Where the image is to be, which podman and skopeo compare. Usually `registry` of "
    "lading.yaml says it.",
)
@click.option("--image", metavar="NAME|DIGEST", help="An image of the store, of whatever app.")
@output.json_option
def command(
    names: tuple[str, ...],
    key: str | None,
    keyless: bool,
    reference: str | None,
    image: str | None,
    as_json: bool,
) -> None:
    """Sign images that are built, and their bills: of all services, or of those named.

    Signatures lie beside an image in the store and go wherever it is pushed, in the forms that
    cosign, skopeo, podman and admission controllers verify.
    """
    if bool(key) == keyless:
        came = "both" if key else "neither"
        raise UsageError(expected="--key or --keyless", came=came, todo="`lading keygen` makes one")
    store = Layout(Folders.of_user().store)
    wanted = stored.images(store, names, image)
    if reference and len(wanted) > 1:
        came = ", ".join(one.name for one in wanted)
        raise UsageError("--reference", expected="one image to sign", came=came)
    references = _references(wanted, reference, image)
    signer = _signer(key)
    signed = [(one, _sign(store, one, signer, references[one.name])) for one in wanted]
    if as_json:
        output.print_json([_document(one, x, signer) for one, done in signed for x in done])
        return
    for one, done in signed:
        for each in done:
            _print(one.name, each, signer)


def _signer(key: str | None) -> Signer:
    from lading.bills.signatures.signing import KeySigner

    if key:
        return KeySigner(key_files.private(key))
    from lading.bills.signatures.keyless import IdentitySigner

    return IdentitySigner.of_user()


def _sign(store: Layout, one: Named, signer: Signer, reference: str) -> list[Signed]:
    from lading.bills import claims
    from lading.bills.signatures.signing import Signing, of_name, sign
    from lading.building.layers.cache import LayerCache

    made_here = partial(claims.is_own, layers=LayerCache(Folders.of_user().cache, store))
    signing = Signing(store, signer, reference, datetime.now(UTC), made_here)
    return [sign(signing, subject) for subject in of_name(store, one.where)]


def _references(wanted: Iterable[Named], said: str | None, image: str | None) -> dict[str, str]:
    """Where each image is to be: as said, else where `lading push` puts it, else its name here."""
    if said:
        return {one.name: _checked(said) for one in wanted}
    app = None if image else read(Path.cwd(), sources=False)
    if app is None or not app.registry:
        return {one.name: getattr(one.where, "name", str(one.where)) for one in wanted}
    placed = places.placed(app, [one.name for one in wanted], Given("--reference", None, None))
    return {one.name: f"{one.there.host}/{one.there.repository}" for one in placed}


def _checked(said: str) -> str:
    """As it was written: podman compares it, tag and all."""
    try:
        Location.parse(said)
    except StoreError as error:
        raise UsageError(error.problem, "--reference", error.expected, error.came) from error
    return said


def _print(name: str, done: Signed, signer: Signer) -> None:
    if done.made:
        click.echo(f"{name}  {done.image}  {', '.join(done.made)}: signed by {signer.who}")
    else:
        click.echo(f"{name}  {done.image}  already signed by {signer.who}")


def _document(one: Named, done: Signed, signer: Signer) -> dict[str, object]:
    return {
        "name": one.name,
        "digest": str(done.image),
        "by": signer.who,
        "signed": list(done.made),
        "already_signed": list(done.already),
    }
