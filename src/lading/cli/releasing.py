"""Asks the controller for a change and waits for it; what answered before goes on if it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import click

from lading.cli import asking
from lading.cli.ps import unenforced
from lading.cli.settle import Awaited, hopeless, settle
from lading.cli.stopping import stop
from lading.controller.client import Client
from lading.controller.messages import AppStatus, WantedApp
from lading.controller.place import Place
from lading.controller.process import spawn
from lading.errors import AppNotUp, ControllerError, LadingError

Asking = Callable[[WantedApp | None], WantedApp]
"""From what is wanted now to what is to be wanted."""
Telling = Callable[[LadingError], None]


@dataclass(frozen=True)
class Released:
    """What was asked for, and the app once it is so."""

    wanted: WantedApp
    status: AppStatus


def release(at: Place, asked: Asking) -> Released:
    """Start or update the app; returns once what changed is ready.

    Raises ControllerError when it does not get ready. Then, and when it is interrupted, what was
    wanted before is wanted again, and what was not up is down.
    """
    client = Client(at.socket)
    before: WantedApp | None = None
    try:
        if adopted := not client.answers():
            spawn(at)
        before = client.wanted()
        wanted = asked(before)
        client.apply(wanted)
        names = {service.name for service in wanted.services}
        # Of what an earlier controller left nobody has seen yet whether it works.
        changed = names if adopted else asking.differing(before, wanted)
        status = settle(client, at, Awaited(names, changed))
        return Released(wanted, status or client.status())
    except AppNotUp:
        raise  # stopped by somebody else: it stays so
    except BaseException:
        # What answered before goes on answering; what was not up is down again.
        if before and before.services:
            client.apply(before)
        else:
            stop(at)
        raise


def update(
    at: Place, wanted: WantedApp, good: WantedApp, newer: Callable[[], bool], tell: Telling
) -> Released | None:
    """Replace what differs from `good`, which answers now; returns once it answers.

    A service that does not get ready is told of and is what it was in `good`; the others go on.
    None as soon as there is something `newer` to ask for. Raises ControllerError where nobody can
    tell which one it is; then `good` is wanted again.
    """
    client = Client(at.socket)
    while True:
        client.apply(wanted)
        names = {service.name for service in wanted.services}
        changed = asking.differing(good, wanted)
        try:
            awaited = Awaited(names, changed, lambda one: one.answers, newer)
            status = settle(client, at, awaited)
            return Released(wanted, status) if status else None
        except AppNotUp:
            raise
        except ControllerError as error:
            failed = {one.name for one in client.status().services if hopeless(one)} & set(changed)
            if not failed:
                client.apply(good)
                raise
            tell(error)
            wanted = asking.without(wanted, failed, good)


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
    click.echo(f"{status.app} is up ({seconds:.1f} s)")
