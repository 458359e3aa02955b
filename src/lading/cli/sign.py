"""`lading sign`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from lading.cli import key_files, output, stored
from lading.cli.stored import Named
from lading.errors import UsageError
from lading.oci import Digest
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
    signer = _signer(key)
    signed = [(one, _sign(store, one, signer, reference)) for one in wanted]
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


def _sign(store: Layout, one: Named, signer: Signer, reference: str | None) -> list[Signed]:
    from lading.bills.signatures.signing import Signing, of_name, sign

    signing = Signing(store, signer, reference or _reference(one), datetime.now(UTC))
    return [sign(signing, subject) for subject in of_name(store, one.where)]


def _reference(one: Named) -> str:
    return str(one.where) if isinstance(one.where, Digest) else one.where.name


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
