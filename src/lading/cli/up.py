"""`lading up`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

import click

from lading.building.build import Built
from lading.cli import images, locks, place
from lading.cli.follow import follow
from lading.cli.progress import shown
from lading.cli.ps import unenforced
from lading.cli.settle import settle
from lading.cli.stopping import left_behind, not_up, stop
from lading.controller.client import Client
from lading.controller.messages import AppStatus, WantedApp, WantedService
from lading.controller.place import Place
from lading.controller.process import spawn
from lading.engines.select import require_embedded
from lading.settings.app import App


@click.command()
@click.option("-d", "--detach", is_flag=True, help="Return once everything is ready.")
def command(detach: bool) -> None:
    """Build what changed, start or update the app, and keep it running.

    In the foreground it shows the logs and stops the app on Ctrl-C. Services whose image and
    settings are as before are left alone.
    """
    begun = time.monotonic()
    app, at = place.here()
    require_embedded()
    with shown() as progress:
        built = images.build_all(images.chosen(app, ()), locks.ensured(app, progress), progress)
    client, status = _start(app, at, built)
    _tell(status, time.monotonic() - begun)
    if not detach:
        _stay(app, at, client)


def _start(app: App, at: Place, built: Mapping[str, Built]) -> tuple[Client, AppStatus]:
    client = Client(at.socket)
    before: WantedApp | None = None
    try:
        if not client.answers():
            spawn(at)
        before = client.wanted()
        client.apply(_wanted(app, built))
        return client, settle(client, at, [service.name for service in app.services])
    except BaseException:
        # What answered before goes on answering; what was not up is down again.
        if before and before.services:
            client.apply(before)
        else:
            stop(at)
        raise


def _wanted(app: App, built: Mapping[str, Built]) -> WantedApp:
    services = tuple(
        WantedService(
            name=service.name,
            image=str(built[service.name].image.digest),
            limits=service.limits,
            egress=service.egress,
            replicas=service.replicas,
            timeout_seconds=service.timeout_seconds,
            workers=service.workers,
            batching=service.batching,
            http=service.http,
        )
        for service in app.services
    )
    return WantedApp(app.name, app.listener, services)


def _tell(status: AppStatus, seconds: float) -> None:
    gateway = f"http://{status.gateway.host}:{status.gateway.port}"
    for service in status.services:
        click.echo(
            f"{service.name}: revision {service.revision}, {service.ready} ready, "
            f"{gateway}/{service.name}/predict"
        )
    if limits := unenforced(status):
        click.echo(f"not limited here: {limits}; `lading doctor` says how to")
    click.echo(f"{status.app} is up ({seconds:.1f} s)")


def _stay(app: App, at: Place, client: Client) -> None:
    click.echo("Ctrl-C stops it", err=True)
    names = [service.name for service in app.services]
    try:
        follow(at, names, datetime.now(UTC), over=lambda: not client.answers())
    except KeyboardInterrupt:
        click.echo("stopping", err=True)
        stop(at)
        click.echo(f"{app.name} is down", err=True)
        return
    if left_behind(at):
        raise not_up(at)
    click.echo("stopped by somebody else", err=True)
