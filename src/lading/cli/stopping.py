"""Ends an app, also one whose controller was killed."""

from __future__ import annotations

from contextlib import suppress

from lading.cli import secret_values
from lading.controller.client import Client
from lading.controller.place import Place
from lading.controller.process import spawn
from lading.errors import AppNotUp, ControllerError
from lading.gateway.envoy import Envoy
from lading.releases.revision import replicas_of

_LONGEST_END_SECONDS = 60.0
"""Of everything that makes no promises."""


def stop(at: Place) -> bool:
    """Let requests finish, then end everything; returns once it is done. Whether anything ran.

    Raises ControllerError when it takes longer than the services promise.
    """
    client = Client(at.socket)
    if not client.answers():
        if not left_behind(at):
            # Of an `up` or a `down` that was killed.
            secret_values.forget(at.secrets)
            return False
        # Its controller was killed: a new one adopts what runs, and stops it.
        spawn(at)
    wanted = client.wanted()
    promised = [service.timeout_seconds for service in wanted.services] if wanted else []
    client.down()
    if not client.wait_gone(_LONGEST_END_SECONDS + max(promised, default=0.0)):
        raise ControllerError("still stopping", todo="see `lading ps`, or call `lading down` again")
    secret_values.forget(at.secrets)
    # Nothing runs on any engine now: the next `up` may choose another.
    with suppress(FileNotFoundError):
        at.engine_file.replace(at.engine_before_file)
    return True


def left_behind(at: Place) -> bool:
    """Whether anything of the app runs although its controller does not."""
    names = at.engine.names()
    return bool(replicas_of(at.app, names)) or Envoy(at.gateway).adopt()


def not_up(at: Place) -> AppNotUp:
    """What to say when no controller answers."""
    if left_behind(at):
        return AppNotUp(
            "the controller is gone, and what it looked after runs on",
            todo="`lading up` takes it up again, `lading down` stops it",
        )
    return AppNotUp("the app is not up", todo="start it with `lading up`")
