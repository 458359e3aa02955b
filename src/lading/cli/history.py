"""`lading history`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from lading.cli import output, place
from lading.cli.revisions import Revisions
from lading.oci import Digest
from lading.releases.revision import Occasion, Revision

_SHOWN = 20
_COMMIT = 8


@click.command()
@click.argument("service", required=False)
@click.option(
    "-n",
    "--last",
    type=click.IntRange(1),
    help=f"How many of each service, newest first; {_SHOWN} in a table.",
)
@click.option("--all", "every", is_flag=True, help="Show every revision.")
@output.json_option
def command(service: str | None, last: int | None, every: bool, as_json: bool) -> None:
    """Show the revisions of services: when, who, why, and what is left of each.

    A revision is what was started once: an image and its settings. It is running here or on other
    machines that share the database, or its image is kept in the store, or in a registry; when it
    is gone from both, `lading rollback` cannot bring it back.
    """
    found = Revisions.of(place.found())
    count = last if last or every or as_json else _SHOWN
    revisions = found.kept(service, None if every else count)
    pushed = found.pushed(revisions)
    if as_json:
        output.print_json([_document(found, one, pushed) for one in revisions])
        return
    if not revisions:
        click.echo("no revisions yet; `lading up` starts the app")
        return
    _print(found, revisions, pushed)
    hidden = sum(found.counts[name] for name in {one.service for one in revisions})
    if hidden := hidden - len(revisions):
        click.echo(f"\n{hidden} earlier; --all shows them")


def why(occasion: Occasion) -> str:
    """What was told of a revision, in a line."""
    back = f"rollback to {occasion.returns_to}" if occasion.returns_to else ""
    return ": ".join(filter(None, (back, occasion.why)))


def commit(occasion: Occasion) -> str:
    """What the image was made from, in short."""
    if not occasion.commit:
        return ""
    return f"{occasion.commit[:_COMMIT]}{' + changes' if occasion.dirty else ''}"


def when(at: datetime | None) -> str:
    """To the minute, where this machine is."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else "-"


def _print(found: Revisions, revisions: Sequence[Revision], pushed: Mapping[Digest, str]) -> None:
    headings = ("SERVICE", "REVISION", "WHEN", "WHO", "STATE", "IMAGE", "SIZE", "COMMIT", "WHY")
    rows = [
        (
            one.service,
            str(one.number),
            when(one.created_at),
            one.occasion.who or "-",
            found.state(one, pushed.get(one.spec.image)),
            one.spec.image.short,
            output.size(one.occasion.size),
            commit(one.occasion) or "-",
            output.printable(why(one.occasion)),
        )
        for one in revisions
    ]
    output.print_table(headings, rows)


def _document(found: Revisions, revision: Revision, pushed: Mapping[Digest, str]) -> dict[str, Any]:
    told, location = revision.occasion, pushed.get(revision.spec.image)
    return {
        "service": revision.service,
        "revision": revision.number,
        "created_at": revision.created_at,
        "ready_at": revision.ready_at,
        "who": told.who,
        "why": told.why,
        "returns_to": told.returns_to,
        "image": str(revision.spec.image),
        "size": told.size,
        "author": told.author,
        "commit": told.commit,
        "dirty": told.dirty,
        "bill": told.bill,
        "pushed": location,
        "state": found.state(revision, location),
    }
