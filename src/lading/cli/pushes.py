"""Where images were pushed to, remembered: so that others, and this machine later, find them."""

from __future__ import annotations

from collections.abc import Mapping

import click

from lading.cli import states
from lading.controller.place import Place
from lading.errors import StateError
from lading.oci import Digest


def remember(at: Place, pushed: Mapping[Digest, str]) -> None:
    """Images by digest, and each one's host/repository. What cannot be written down is told: the
    images are in the registry all the same."""
    # Imported where something was pushed: SQLAlchemy takes longer than most commands.
    from lading.state import database
    from lading.state.record import Record

    try:
        address = states.of(at)
        engine = database.opened(address)
        record = Record(engine, address.app, address.site)
        for digest, location in pushed.items():
            record.pushed(str(digest), location)
        engine.dispose()
    except StateError as error:
        click.echo(f"lading: pushed, but `lading rollback` will not know where: {error}", err=True)
