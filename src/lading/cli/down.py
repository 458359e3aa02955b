"""`lading down`."""

from __future__ import annotations

import click

from lading.cli import place
from lading.controller.client import Client
from lading.controller.place import Place
from lading.controller.process import spawn
from lading.engines.select import embedded
from lading.errors import AppNotUp, ControllerError
from lading.gateway.envoy import Envoy
from lading.releases.revision import replicas_of


@click.command()
def command() -> None:
    """Stop the app: let requests finish, then end its containers, gateway and controller."""
    app, at = place.here()
    client = Client(at.socket)
    try:
        client.down()
    except AppNotUp:
        if not _left_behind(at):
            click.echo(f"{app.name} is not up")
            return
        # Its controller was killed: a new one adopts what runs, and stops it.
        spawn(at)
        client.down()
    if not client.wait_gone(place.longest_stop_seconds(app)):
        raise ControllerError("still stopping", todo="see `lading ps`, or call `lading down` again")
    click.echo(f"{app.name} is down")


def _left_behind(at: Place) -> bool:
    """Whether anything of the app runs although its controller does not."""
    names = embedded(at.folders).names()
    return bool(replicas_of(at.unique_name, names)) or Envoy(at.gateway).adopt()
