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
    before = select.recalled(at.engine_file)
    is_up = Client(at.socket).answers() or left_behind(at)
    if is_up and before.name == name == select.DOCKER and not select.names_a_daemon():
        return  # The daemon that another shell named is still the one.
    chosen = select.require(name, wanted)
    if is_up and chosen != before:
        raise _is_up(before, chosen)
    select.remember(at.engine_file, chosen)


def _is_up(before: Chosen, chosen: Chosen) -> EngineError:
    return EngineError(
        "the app is up on another engine",
        expected=str(before),
        came=str(chosen),
        todo="`lading down` first, then it may be started on the other",
    )
