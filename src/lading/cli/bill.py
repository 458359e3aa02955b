"""`lading bill`."""

from __future__ import annotations

import click

from lading import bills
from lading.bills.bill import Bill
from lading.cli import bill_shown, output, stored
from lading.errors import DamagedBlob, StoreError, UsageError
from lading.oci import Digest, Image, media_types
from lading.state.folders import Folders
from lading.stores.layout import Layout


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE|STEP]...")
@click.option("--image", metavar="NAME|DIGEST", help="An image of the store, of whatever app.")
@click.option("--revision", type=click.IntRange(1), help="Of this revision of the service.")
@click.option("--packages", is_flag=True, help="List every package, its version and licence.")
@click.option("--sbom", is_flag=True, help="Print the SBOM as it is, for other tools.")
@click.option("--provenance", is_flag=True, help="Print the provenance as it is, for other tools.")
@output.json_option
def command(
    names: tuple[str, ...],
    image: str | None,
    revision: int | None,
    as_json: bool,
    **shown: bool,
) -> None:
    """Show what images are made of: who built them, when, of which commit, and what is in them.

    Of all services, or of those named. Each build attaches its bill to the image, and the bill
    goes wherever the image is pushed.
    """
    if sum((*shown.values(), as_json)) > 1:
        todo = "leave all but one of them out"
        raise UsageError(
            "--packages, --sbom, --provenance and --json exclude one another", todo=todo
        )
    store = Layout(Folders.of_user().store)
    wanted = stored.images(store, names, image, revision)
    alone = shown["sbom"] or shown["provenance"]
    if alone and len(wanted) > 1:
        came = ", ".join(one.name for one in wanted)
        raise UsageError(expected="one image for a document of its own", came=came)
    found = [_bill(store, one) for one in wanted]
    if alone:
        _print_raw(found[0], shown["sbom"])
    elif as_json:
        output.print_json([bill_shown.document(store, one) for one in found])
    else:
        for number, one in enumerate(found):
            click.echo("\n" if number else "", nl=False)
            bill_shown.show(store, one, shown["packages"])


def _bill(store: Layout, one: stored.Named) -> bill_shown.Told:
    """What is attached; of an image with no SBOM, what its layers say."""
    image = store.read(one.where)
    title = bill_shown.title(image, one.name)
    try:
        bill = _attached(store, one, image) or Bill(image.descriptor, b"", b"")
    except DamagedBlob as error:
        error.problem = f"a document of its bill is damaged: {error.where}"
        error.where = one.name
        raise
    if bill.sbom:
        return bill_shown.Told(title, bill, is_attached=True)
    # What reads them takes a while to import.
    from lading.bills import sbom

    read = sbom.of_image(title, image, Folders.of_user().cache)
    mixed = Bill(bill.subject, bill.provenance, read, media_types.CYCLONEDX)
    return bill_shown.Told(title, mixed, is_attached=bool(bill.provenance))


def _attached(store: Layout, one: stored.Named, image: Image) -> Bill | None:
    """The newest, or the one that a revision began with. Of one image ten are kept."""
    if one.bill:
        for bill in bills.earlier(store, image.digest):
            if str(Digest.of(bill.provenance)) == one.bill:
                return bill
        told = f"the bill of {one.name} was let go for newer ones; this is the newest of its image"
        click.echo(f"lading: {told}", err=True)
    return bills.of(store, image.digest)


def _print_raw(told: bill_shown.Told, sbom: bool) -> None:
    raw = told.bill.sbom if sbom else told.bill.provenance
    if not raw:
        raise StoreError(
            "no provenance is attached", told.name, todo="run `lading build`, which attaches one"
        )
    click.echo(raw)
