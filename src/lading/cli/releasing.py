"""Asks the controller for a change and waits for it; what answered before goes on if it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import click

from lading.cli import asking
from lading.cli.occasions import Teller
from lading.cli.ps import unenforced
from lading.cli.settle import Awaited, settle
from lading.cli.stopping import left_behind, not_up, stop
from lading.controller.client import Client
from lading.controller.messages import AppStatus, WantedApp, WantedService
from lading.controller.place import Place
from lading.controller.process import spawn
from lading.errors import AppNotUp, ControllerError, LadingError, NotReady

Asking = Callable[[WantedApp | None], WantedApp]
"""From what is wanted now to what is to be wanted."""
Telling = Callable[[LadingError], None]


@dataclass(frozen=True)
class Released:
    """What was asked for, and the app once it is so."""

    wanted: WantedApp
    status: AppStatus
    failed: tuple[WantedService, ...] = ()
    """What was asked for besides, did not get ready, and is not wanted any more."""

    @property
    def incomplete(self) -> ControllerError | None:
        """What to say where not all of it is up."""
        if not self.failed:
            return None
        todo = "mend it and call `lading up` again, or stop the others with `lading down`"
        without = ", ".join(one.name for one in self.failed)
        return ControllerError(f"{self.status.app} is up without {without}", todo=todo)


def release(at: Place, asked: Asking, tell: Telling, why: str = "") -> Released:
    """Start or update the app; returns once what changed is ready. `why` is told of what is new.

    Where nothing was up, a service that does not get ready is told of, and the others stay up.
    Raises NotReady when all of them do not, and where something was up: then, and when it is
    interrupted, what was wanted before is wanted again, and what was not up is down.
    """
    client = Client(at.socket)
    before: WantedApp | None = None
    try:
        if adopted := not client.answers():
            spawn(at)
        before = client.wanted()
        wanted = Teller(at.folders, why).told(asked(before), before)
        if before is None or not before.services:
            return _begin(client, at, wanted, tell)
        client.apply(wanted)
        names = {service.name for service in wanted.services}
        # Of what an earlier controller left nobody has seen yet whether it works.
        changed = names if adopted else asking.differing(before, wanted)
        status = settle(client, at, Awaited(names, changed))
        return Released(client.wanted() or wanted, status or client.status())
    except AppNotUp:
        # Stopped by somebody else it stays so; a controller that was killed leaves all that runs.
        if not client.answers() and left_behind(at):
            raise not_up(at) from None
        raise
    except BaseException:
        # What answered before goes on answering; what was not up is down again.
        if before and before.services:
            client.apply(before)
        else:
            stop(at)
        raise


def _begin(client: Client, at: Place, wanted: WantedApp, tell: Telling) -> Released:
    """Start an app of which nothing is up. There is nothing to go back to for all of it, so those
    of its services that can answer do."""
    nothing = replace(wanted, services=())
    asked, failed = wanted.services, set[str]()
    while True:
        client.apply(wanted)
        names = {service.name for service in wanted.services}
        try:
            status = settle(client, at, Awaited(names, names))
            left_out = tuple(one for one in asked if one.name in failed)
            return Released(client.wanted() or wanted, status or client.status(), left_out)
        except NotReady as error:
            failed |= error.services
            if not names - failed:
                raise
            tell(error)
            wanted = asking.without(wanted, failed, nothing)


def update(
    at: Place, wanted: WantedApp, good: WantedApp, newer: Callable[[], bool], tell: Telling
) -> Released | None:
    """Replace what differs from `good`, which answers now; returns once it answers.

    A service that does not get ready is told of and is what it was in `good`; the others go on.
    None as soon as there is something `newer` to ask for. Raises ControllerError.
    """
    client = Client(at.socket)
    while True:
        client.apply(Teller(at.folders).told(wanted, good))
        names = {service.name for service in wanted.services}
        changed = asking.differing(good, wanted)
        try:
            awaited = Awaited(names, changed, lambda one: one.answers, newer)
            status = settle(client, at, awaited)
            return Released(client.wanted() or wanted, status) if status else None
        except NotReady as error:
            tell(error)
            wanted = asking.without(wanted, error.services, good)


def tell(released: Released, seconds: float) -> None:
    """Where to ask, and what does not work although nothing of it was changed."""
    status = released.status
    foreign = {one.name for one in released.wanted.services if one.http is not None}
    gateway = f"http://{status.gateway.host}:{status.gateway.port}"
    for service in status.services:
        if not service.wanted:
            continue
        click.echo(
            f"{service.name}: revision {service.revision}, {service.ready} ready, "
            f"{gateway}/{service.name}/{'' if service.name in foreign else 'predict'}"
        )
        if service.ready < service.wanted:
            ends = [one.last_end for one in service.replicas if one.last_end]
            why = f", {ends[0]}" if ends else ""
            said = f"{service.name}: not ready, as before{why}; see `lading logs {service.name}`"
            click.echo(f"lading: {said}", err=True)
    if limits := unenforced(status):
        click.echo(f"not limited here: {limits}; `lading doctor` says how to")
    if not released.failed:
        click.echo(f"{status.app} is up ({seconds:.1f} s)")
