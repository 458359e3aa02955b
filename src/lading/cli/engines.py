"""The engine that an app is to run on: what was asked for, and what it runs on already."""

from __future__ import annotations

import click

from lading.cli.stopping import left_behind
from lading.controller.client import Client
from lading.controller.place import Place
from lading.engines import select
from lading.engines.engine import Limits
from lading.engines.select import Chosen
from lading.errors import EngineError

option = click.option(
    "--engine",
    type=click.Choice(select.NAMES),
    help="What runs the containers, instead of `engine` in lading.yaml.",
)


def take(at: Place, name: str, wanted: dict[str, Limits]) -> None:
    """Run the app on the engine of that name from here on.

    Raises EngineError when the app is up on another, EngineUnavailable when it cannot run here.
    """
    before = running(at)
    if before:
        _same(before, name)
        if name == select.DOCKER and not select.names_a_daemon():
            return  # The daemon that another shell named is still the one.
    chosen = select.require(name, wanted)
    if before and chosen != before:
        raise _is_up(before, str(chosen))
    select.remember(at.engine_file, chosen)


def foretell(at: Place, name: str) -> str:
    """The engine that `take` would take, for a person; refuses another than the app is up on."""
    if before := running(at):
        _same(before, name)
        return str(before)
    return name


def running(at: Place) -> Chosen | None:
    """What the app is up on; None when it is down."""
    if Client(at.socket).answers() or left_behind(at):
        return select.recalled(at.engine_file)
    return None


def _same(before: Chosen, name: str) -> None:
    daemon = select.names_a_daemon() if name == select.DOCKER else ""
    if name != before.name or (daemon and daemon != before.host):
        raise _is_up(before, f"{name} ({daemon})" if daemon else name)


def _is_up(before: Chosen, asked: str) -> EngineError:
    same = before.name == asked.partition(" ")[0]
    stay = f"DOCKER_HOST={before.host}" if same else f"`--engine {before.name}`"
    return EngineError(
        f"the app is up on {before}, and {asked} is asked for",
        todo=f"`lading down` first, or stay with {stay}",
    )
