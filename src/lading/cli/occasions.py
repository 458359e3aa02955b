"""Who starts something, why, and what it was made from: told of every new revision."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, replace

import click

from lading.cli import asking
from lading.controller.messages import WantedApp, WantedService
from lading.errors import StoreError, UsageError
from lading.oci import Digest
from lading.releases.revision import Occasion
from lading.state.folders import Folders
from lading.stores.layout import Layout

_WHY = "lading.why"
_LONGEST = 1000


def _keep(context: click.Context, _option: click.Parameter, value: str) -> None:
    if len(value) > _LONGEST:
        raise UsageError("the message is too long", "-m", f"at most {_LONGEST} characters")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        # What the shell gave and is no text; neither a socket nor a database would take it.
        raise UsageError("the message is not text", "-m", "UTF-8", ascii(value)) from error
    context.meta[_WHY] = " ".join(value.split())


option = click.option(
    "-m",
    "--message",
    default="",
    help="Why, for `lading history`: of the revisions that this makes.",
    callback=_keep,
    expose_value=False,
)
"""For commands that start something; `why` has what was written."""


def why() -> str:
    """The message that this command was called with; empty where there was none."""
    text: str = click.get_current_context().meta.get(_WHY, "")
    return text


def tell_unkept(services: Iterable[WantedService]) -> None:
    """Say so where the message is that of no revision among what is wanted now."""
    text = why()
    if text and all(one.occasion.why != text for one in services):
        click.echo("lading: nothing new was started: the message is kept nowhere", err=True)


@dataclass(frozen=True)
class Teller:
    """Tells of what somebody asks for now, and why."""

    folders: Folders
    why: str = ""

    def told(self, wanted: WantedApp, before: WantedApp | None) -> WantedApp:
        """The same wanted, with what is to be told of what differs from `before`, and of what is
        gone back to: that is a revision of its own also where nothing differs."""
        changed = asking.differing(before, wanted)
        services = (
            self._told(x) if x.revision is None and (x.name in changed or _goes_back(x)) else x
            for x in wanted.services
        )
        return replace(wanted, services=tuple(services))

    def _told(self, service: WantedService) -> WantedService:
        was = service.occasion
        # What is gone back to was made as it says, whoever made the same image since.
        made = was if _goes_back(service) and was.bill else self._made(service)
        occasion = replace(made, who=who(), why=self.why, returns_to=was.returns_to)
        return replace(service, occasion=occasion)

    def _made(self, service: WantedService) -> Occasion:
        """What the image says of its making; of one that says nothing, nothing."""
        from lading import bills

        store, digest = Layout(self.folders.store), Digest.parse(service.image)
        try:
            size = sum(layer.descriptor.size for layer in store.read(digest).layers)
            bill = bills.of(store, digest)
        except StoreError:
            return service.occasion
        if bill is None:
            return Occasion(size=size)
        origin = bill.origin
        return Occasion(
            author=origin.user,
            commit=origin.commit,
            dirty=bool(origin.dirty),
            bill=str(Digest.of(bill.provenance)) if bill.provenance else "",
            size=size,
        )


def _goes_back(service: WantedService) -> bool:
    return service.occasion.returns_to is not None


def who() -> str:
    """user@host, as this process runs."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
