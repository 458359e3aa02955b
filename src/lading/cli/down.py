"""`lading down`."""

from __future__ import annotations

import click

from lading.cli import place
from lading.controller.client import Client
from lading.controller.process import spawn
from lading.errors import AppNotUp, ControllerError

_LONGEST_SECONDS = 120.0


@click.command()
def command() -> None:
    """Stop the app: let requests finish, then end its containers, gateway and controller."""
    app, at = place.here()
    client = Client(at.socket)
    try:
        client.down()
    except AppNotUp:
        if not at.left_behind():
            click.echo(f"{app.name} is not up")
            return
        # Its controller was killed: a new one adopts what runs, and stops it.
        spawn(at)
        client.down()
    if not client.wait_gone(_LONGEST_SECONDS):
        raise ControllerError("still stopping", todo="see `lading ps`, or call `lading down` again")
    click.echo(f"{app.name} is down")
