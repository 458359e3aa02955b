"""Ends an app, also one whose controller was killed."""

from __future__ import annotations

from lading.controller.client import Client
from lading.controller.place import Place
from lading.controller.process import spawn
from lading.engines.select import embedded
from lading.errors import AppNotUp, ControllerError
from lading.gateway.envoy import Envoy
from lading.releases.revision import replicas_of
from lading.settings.app import App


def stop(app: App, at: Place) -> bool:
    """Let requests finish, then end everything; returns once it is done. Whether anything ran.

    Raises ControllerError when it takes longer than the services promise.
    """
    client = Client(at.socket)
    try:
        client.down()
    except AppNotUp:
        if not left_behind(at):
            return False
        # Its controller was killed: a new one adopts what runs, and stops it.
        spawn(at)
        client.down()
    longest = max((service.timeout_seconds for service in app.services), default=0.0)
    if not client.wait_gone(60.0 + longest):
        raise ControllerError("still stopping", todo="see `lading ps`, or call `lading down` again")
    return True


def left_behind(at: Place) -> bool:
    """Whether anything of the app runs although its controller does not."""
    names = embedded(at.folders).names()
    return bool(replicas_of(at.app, names)) or Envoy(at.gateway).adopt()
