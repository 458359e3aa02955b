"""`lading audit`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lading.bills.audit.licences import LicencePolicy
from lading.bills.audit.policy import Audit, Policy
from lading.bills.audit.rating import Rating
from lading.cli import audit_shown, output, stored
from lading.cli.progress import shown
from lading.cli.stored import Named
from lading.errors import AuditError, ImageNotFound, SettingsError
from lading.oci import Digest
from lading.settings import find, read
from lading.settings.trusting import packages
from lading.state.folders import Folders
from lading.stores.layout import Layout

if TYPE_CHECKING:
    from lading.bills.audit.components import Component
    from lading.bills.audit.database import Database

_RATINGS = [x.word for x in Rating if x is not Rating.UNKNOWN]


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE|STEP]...")
@click.option(
    "--osv",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Where OSV's files of vulnerabilities are: a zip, or a folder. May be given again.",
)
@click.option(
    "--fail-on",
    type=click.Choice(_RATINGS),
    help="The least rating for which this fails. What has no rating fails always.",
)
@click.option("--only-fixed", is_flag=True, help="Let pass what nobody has mended yet.")
@click.option(
    "--deny-licence",
    multiple=True,
    metavar="SPDX",
    help="A licence that no package may have, or a pattern: AGPL-*. May be given again.",
)
@click.option(
    "--allow-licence",
    multiple=True,
    metavar="SPDX",
    help="A licence that packages may have, and no others. May be given again.",
)
@click.option("--allow-unknown", is_flag=True, help="With --allow-licence: or none that is known.")
@click.option(
    "--licences-of",
    type=click.Choice(["all", "python", "debian"]),
    help="Whose licences count: of python packages, of debian ones, or of all.",
)
@click.option("--packages", is_flag=True, help="List every package, its version and licence.")
@click.option("--image", metavar="NAME|DIGEST", help="An image of the store, of whatever app.")
@output.json_option
def command(names: tuple[str, ...], image: str | None, as_json: bool, **given: Any) -> int:
    """Look at what is in images: vulnerabilities, and licences that are not allowed.

    By the bill of each image, against a database of OSV's that is on this machine; asks nobody.
    What is said here is added to `audit` of lading.yaml. Exit code 1 where something is found.
    """
    # What takes long to import.
    from lading.bills.audit.report import audit

    store = Layout(Folders.of_user().store)
    wanted = stored.images(store, names, image)
    settings = _settings(given)
    if not settings.databases:
        todo = "name OSV's files with --osv, or `audit: {osv: …}` in lading.yaml"
        click.echo(f"lading: no vulnerabilities are looked for; {todo}", err=True)
    report = audit(_packages(store, wanted), _databases(settings), settings.policy, date.today())  # noqa: DTZ011
    if as_json:
        output.print_json(audit_shown.document(report))
    else:
        audit_shown.show(report, bool(given["packages"]))
    return 0 if report.is_clean else 1


def _settings(given: dict[str, Any]) -> Audit:
    """Those of lading.yaml, and what was given besides."""
    written = _written()
    policy, said = written.policy, written.policy.licences
    licences = LicencePolicy(
        (*said.denied, *given["deny_licence"]),
        (*said.allowed, *given["allow_licence"]),
        said.allow_unknown or given["allow_unknown"],
        packages(given["licences_of"]) if given["licences_of"] else said.only_of,
    )
    changed: Policy = replace(
        policy,
        fail_on=Rating[given["fail_on"].upper()] if given["fail_on"] else policy.fail_on,
        only_fixed=policy.only_fixed or given["only_fixed"],
        licences=licences,
    )
    return Audit(changed, tuple(map(str, given["osv"])) or written.databases)


def _written() -> Audit:
    """Nothing outside of an app: an image can be looked at from anywhere."""
    try:
        find(Path.cwd())
    except SettingsError:
        return Audit()
    app = read(Path.cwd(), sources=False)
    said = app.audit or Audit()
    return replace(said, databases=tuple(str(app.folder / x) for x in said.databases))


def _databases(settings: Audit) -> list[Database]:
    from lading.bills.audit.database import opened

    cache = Folders.of_user().cache
    paths = [Path(path).expanduser() for path in settings.databases]
    with shown() as progress:
        return [one for path in paths for one in opened(path, cache, progress)]


def _packages(store: Layout, wanted: Iterable[Named]) -> dict[str, list[Component]]:
    """Of each image, by name; of one for several platforms, by name and platform."""
    found = {}
    for one in wanted:
        index = store.index(one.where)
        if index is None:
            found[one.name] = _components(store, one.name, store.read(one.where).digest)
            continue
        for platform, manifest in index.manifests.items():
            name = f"{one.name} ({platform})"
            found[name] = _components(store, name, manifest.digest)
    return found


def _components(store: Layout, name: str, image: Digest) -> list[Component]:
    from lading import bills
    from lading.bills.audit import components

    bill = bills.of(store, image)
    if bill is None or not bill.sbom:
        problem = "no list of what is inside is attached to the image"
        raise ImageNotFound(problem, name, todo="run `lading build` to make it")
    if not bill.components:
        problem = "the list of what is inside cannot be read: it is no JSON object"
        raise AuditError(problem, name, todo="run `lading build`, or ask who attached it")
    return components.of(bill.components)
