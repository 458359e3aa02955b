"""`lading down`."""

from __future__ import annotations

import click

from lading.cli import place
from lading.cli.stopping import stop


@click.command()
def command() -> None:
    """Stop the app: let requests finish, then end its containers, gateway and controller."""
    at = place.found()
    ran = stop(at)
    click.echo(f"{place.name(at)} is {'down' if ran else 'not up'}")
