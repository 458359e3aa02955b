"""`lading up`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import msgspec

from lading.building.lockfile import Lock
from lading.cli import (
    asking,
    building,
    engines,
    foreign,
    locks,
    occasions,
    output,
    place,
    plan_shown,
    releasing,
    states,
)
from lading.cli.follow import follow
from lading.cli.names import unknown
from lading.cli.planning import Now, Planner
from lading.cli.progress import shown
from lading.cli.releasing import Released
from lading.cli.stopping import left_behind, not_up, stop
from lading.controller.client import Client
from lading.controller.messages import WantedApp
from lading.controller.place import Place
from lading.engines import select
from lading.errors import LadingError, UsageError
from lading.oci import Digest
from lading.settings.app import App
from lading.stores.layout import Layout

if TYPE_CHECKING:
    from lading.cli.watching import Watching


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE]...")
@click.option("-d", "--detach", is_flag=True, help="Return once everything is ready.")
@click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@occasions.option
@click.option("--watch", is_flag=True, help="Rebuild and replace services as files are saved.")
@engines.option
@output.json_option
def command(
    services: tuple[str, ...],
    detach: bool,
    dry_run: bool,
    watch: bool,
    engine: str | None,
    as_json: bool,
) -> None:
    """Build what changed, start or update the app, and keep it running.

    Prints what changes and why, then does it: nothing is asked. Services whose image and settings
    are as before are left alone, and so are all others when some are named. Of an app that was
    down, what gets ready stays up when something else does not.

    In the foreground it shows the logs and stops the app on Ctrl-C.
    """
    _check_options(detach, dry_run, watch, as_json)
    begun = time.monotonic()
    app, at = place.here()
    for name in services:
        if app.service(name) is None:
            raise unknown("service", name, [one.name for one in app.services])
    if dry_run:
        on = engines.foretell(at, engine or app.engine)
        _foretell(app, at, services, None if as_json else on)
        return
    chosen = [one for one in app.services if one.name in services or not services]
    limits = {f"services.{one.name}": one.limits for one in chosen}
    engines.take(at, engine or app.engine, limits)
    states.take(at, app)
    # Nobody prunes what is built before it is known to be needed.
    with Layout(at.folders.store).shared():
        with shown() as progress:
            lock = locks.ensured(app, progress)
            app = foreign.settled(app, lock)
            _plan(app, at, services, lock)
            recipes = building.chosen(app, services)
            images = building.build_all(app, recipes, lock, progress)
            foreign.bridge(app, services, lock, engine or app.engine, progress)
        digests = {name: one.digest for name, one in images.items()}
        released = releasing.release(
            at,
            lambda now: asking.only(app, digests, now) if services else asking.whole(app, digests),
            _say,
            occasions.why(),
        )
    releasing.tell(released, time.monotonic() - begun)
    occasions.tell_unkept((*released.wanted.services, *released.failed))
    if error := released.incomplete:
        if detach:
            raise error
        _say(error)
    if not detach:
        _stay(app, at, released.wanted, _watching(app, at, services, released) if watch else None)


def _check_options(detach: bool, dry_run: bool, watch: bool, as_json: bool) -> None:
    if watch and (detach or dry_run):
        other = "--detach" if detach else "--dry-run"
        raise UsageError(f"--watch and {other} exclude each other", todo="leave one of them out")
    if as_json and not dry_run:
        raise UsageError("--json is for the plan alone", todo="add --dry-run")


def _foretell(app: App, at: Place, names: tuple[str, ...], engine: str | None) -> None:
    """For a person where the engine is named, else as JSON."""
    there = locks.lock_path(app).exists()
    lock = locks.fresh(app) if there else None
    app = foreign.settled(app, lock) if lock else app
    changes = Planner(app, at, lock, check=True).plan(Now.of(at), names)
    if engine is None:
        output.print_json(msgspec.to_builtins(changes))
        return
    plan_shown.show_engine(engine)
    plan_shown.show(changes, _left(app, names))
    if not there:
        click.echo("there is no lading.lock: every package would be resolved first")
    done = "this was a dry run: nothing was done"
    click.echo(done if changes.anything or not there else "nothing would change")


def _plan(app: App, at: Place, names: tuple[str, ...], lock: Lock) -> None:
    plan_shown.show_engine(str(select.recalled(at.engine_file)))
    states.show(at)
    plan_shown.show(Planner(app, at, lock).plan(Now.of(at), names), _left(app, names))


def _left(app: App, names: tuple[str, ...]) -> list[str]:
    return [one.name for one in app.services if names and one.name not in names]


def _stay(app: App, at: Place, wanted: WantedApp, watching: Watching | None) -> None:
    names = [one.name for one in wanted.services]
    client = Client(at.socket)
    try:
        if watching:
            watching.followed = names
            watching.start()
        click.echo("Ctrl-C stops it", err=True)
        follow(at, names, datetime.now(UTC), lambda: _is_over(client, watching))
    except KeyboardInterrupt:
        click.echo("stopping", err=True)
        if watching:
            watching.stop()
        stop(at)
        click.echo(f"{app.name} is down", err=True)
        return
    if watching and watching.failure:
        raise watching.failure
    if left_behind(at):
        raise not_up(at)
    click.echo("stopped by somebody else", err=True)


def _say(error: LadingError) -> None:
    click.echo(f"lading: {error}", err=True)


def _is_over(client: Client, watching: Watching | None) -> bool:
    return not client.answers() or (watching is not None and watching.failure is not None)


def _watching(app: App, at: Place, names: tuple[str, ...], released: Released) -> Watching:
    # Imported here: what watches files takes as long to import as all of this command.
    from lading.cli.watching import Watching

    click.echo("watching for saved files", err=True)
    failed = {one.name: Digest.parse(one.image) for one in released.failed}
    return Watching(at, app, released.wanted, names, failed)
