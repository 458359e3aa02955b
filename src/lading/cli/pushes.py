"""Where images were pushed to, remembered: so that others, and this machine later, find them."""

from __future__ import annotations

from collections.abc import Mapping

import click

from lading.cli import states
from lading.controller.place import Place
from lading.errors import StateError
from lading.oci import Digest
from lading.state import pushes
from lading.state.address import Address


def remember(at: Place, pushed: Mapping[Digest, str]) -> None:
    """Images by digest, and each one's host/repository. What cannot be written down is told: the
    images are in the registry all the same."""
    try:
        address = states.of(at)
        if not pushes.remember(address, {str(digest): x for digest, x in pushed.items()}):
            _first(address, pushed)
    except StateError as error:
        click.echo(f"lading: pushed, but `lading rollback` will not know where: {error}", err=True)


def _first(address: Address, pushed: Mapping[Digest, str]) -> None:
    """Where there is no database yet, or one of an earlier shape."""
    from lading.state import database
    from lading.state.record import Record

    engine = database.opened(address)
    record = Record(engine, address.app, address.site)
    for digest, location in pushed.items():
        record.pushed(str(digest), location)
    engine.dispose()
