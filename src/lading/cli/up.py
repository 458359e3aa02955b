"""`lading up`."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    secret_values,
    states,
    unbuilt,
)
from lading.cli.follow import follow
from lading.cli.names import unknown
from lading.cli.planning import Now, Planner
from lading.cli.progress import shown
from lading.cli.releasing import Released
from lading.cli.stopping import left_behind, not_up, stop
from lading.controller.client import Client
from lading.controller.messages import AppStatus, WantedApp
from lading.controller.place import Place
from lading.engines import select
from lading.errors import LadingError, SettingsError, UsageError
from lading.oci import Digest
from lading.progress import Progress
from lading.releases.changes import Changes
from lading.settings.app import App
from lading.stores.layout import Layout

if TYPE_CHECKING:
    from lading.cli.watching import Watching


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE]...")
@click.option("-d", "--detach", is_flag=True, help="Return once everything is ready.")
@click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@click.option(
    "--no-build",
    is_flag=True,
    help="Run the images that were pulled or built last, whatever the source says; where "
    "lading.yaml names keys, only what one of them signed.",
)
@occasions.option
@click.option("--watch", is_flag=True, help="Rebuild and replace services as files are saved.")
@engines.option
@output.json_option
def command(services: tuple[str, ...], engine: str | None, as_json: bool, **given: bool) -> None:
    """Build what changed, start or update the app, and keep it running.

    Prints what changes and why, then does it: nothing is asked. Services whose image and settings
    are as before are left alone, and so are all others when some are named. Of an app that was
    down, what gets ready stays up when something else does not.

    With --no-build neither the source nor its models have to be here: what `lading pull` brought
    runs, as lading.yaml says.

    In the foreground it shows the logs and stops the app on Ctrl-C.
    """
    mode = _Mode(**given)
    mode.check(as_json)
    begun = time.monotonic()
    app, at = _here(mode.no_build)
    for name in services:
        if app.service(name) is None:
            raise unknown("service", name, [one.name for one in app.services])
    wish = _Wish(app, at, services, mode.no_build)
    if mode.dry_run:
        on = engines.foretell(at, engine or app.engine)
        _foretell(wish, None if as_json else on)
        return
    chosen = [one for one in app.services if one.name in services or not services]
    if not engines.running(at):
        secret_values.forget(at.secrets)  # of what was killed
    secrets = {one.name: one.secrets for one in chosen}
    values = secret_values.read(at.secrets, secrets, os.environ)
    secret_values.withhold(app.secrets, os.environ)
    limits = {f"services.{one.name}": one.limits for one in chosen}
    engines.take(at, engine or app.engine, limits)
    states.take(at, app)
    # Nobody prunes what is built before it is known to be needed.
    with Layout(at.folders.store).shared():
        with shown() as progress:
            app, digests = _images(wish, engine or app.engine, progress)
        since = datetime.now(UTC)
        changed = secret_values.write(at.secrets, values)
        released = releasing.release(
            at,
            lambda now: asking.only(app, digests, now) if services else asking.whole(app, digests),
            _say,
            occasions.why(),
        )
    releasing.tell(released, time.monotonic() - begun)
    _tell_kept(changed, released.status, since)
    occasions.tell_unkept((*released.wanted.services, *released.failed))
    if error := released.incomplete:
        if mode.detach:
            raise error
        _say(error)
    if not mode.detach:
        watching = _watching(app, at, services, released) if mode.watch else None
        _stay(app, at, released.wanted, watching)


def _here(no_build: bool) -> tuple[App, Place]:
    """Raises SettingsError, which tells whoever has no source of the way without one."""
    try:
        return place.here(sources=not no_build)
    except SettingsError as error:
        app, _ = place.here(sources=False)
        if any(not one.recipe.source.is_dir() for one in app.services):
            error.todo = "`lading up --no-build` runs what was pulled, without the source"
        raise


@dataclass(frozen=True)
class _Mode:
    """How it is gone about, by the options' own names."""

    detach: bool
    dry_run: bool
    no_build: bool
    watch: bool

    def check(self, as_json: bool) -> None:
        """Raises UsageError for options that exclude one another."""
        options = {"detach": self.detach, "dry-run": self.dry_run, "no-build": self.no_build}
        other = next((name for name, was_given in options.items() if was_given), None)
        if self.watch and other:
            problem = f"--watch and --{other} exclude each other"
            raise UsageError(problem, todo="leave one of them out")
        if as_json and not self.dry_run:
            raise UsageError("--json is for the plan alone", todo="add --dry-run")


@dataclass(frozen=True)
class _Wish:
    """What is to run: all services of the app, or the named ones."""

    app: App
    at: Place
    names: tuple[str, ...]
    as_they_are: bool
    """Whether images run as the store has them."""

    def plan(self, lock: Lock | None, *, check: bool = False) -> Changes:
        store = Layout(self.at.folders.store)
        there = unbuilt.images(self.app, self.names, store) if self.as_they_are else {}
        return Planner(self.app, self.at, lock, check, there).plan(Now.of(self.at), self.names)

    def left(self) -> list[str]:
        names = self.names
        return [one.name for one in self.app.services if names and one.name not in names]


def _foretell(wish: _Wish, engine: str | None) -> None:
    """For a person where the engine is named, else as JSON."""
    is_missing = not wish.as_they_are and not locks.lock_path(wish.app).exists()
    if wish.as_they_are:
        lock = locks.of_foreign(wish.app)
    else:
        lock = None if is_missing else locks.fresh(wish.app)
    wish = replace(wish, app=foreign.settled(wish.app, lock)) if lock else wish
    changes = wish.plan(lock, check=True)
    if engine is None:
        output.print_json(msgspec.to_builtins(changes))
        return
    plan_shown.show_engine(engine)
    plan_shown.show(changes, wish.left())
    if is_missing:
        click.echo("there is no lading.lock: every package would be resolved first")
    done = "this was a dry run: nothing was done"
    click.echo(done if changes.anything or is_missing else "nothing would change")


def _images(wish: _Wish, engine: str, progress: Progress) -> tuple[App, dict[str, Digest]]:
    """The app as it is to run, and its services' images, once they are there. Prints the plan."""
    app, store = wish.app, Layout(wish.at.folders.store)
    lock = locks.of_foreign(app) if wish.as_they_are else locks.ensured(app, progress)
    app = foreign.settled(app, lock) if lock else app
    plan_shown.show_engine(str(select.recalled(wish.at.engine_file)))
    states.show(wish.at)
    plan_shown.show(replace(wish, app=app).plan(lock), wish.left())
    there = unbuilt.images(app, wish.names, store) if wish.as_they_are else {}
    if lock is None:
        return app, there
    recipes = [one for one in building.chosen(app, wish.names) if one.name not in there]
    made = building.build_all(app, recipes, lock, progress)
    foreign.bridge(app, wish.names, lock, engine, progress)
    return app, there | {name: one.digest for name, one in made.items()}


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


def _tell_kept(changed: Mapping[str, Sequence[str]], status: AppStatus, since: datetime) -> None:
    """A new value of a secret is no change of a service, whose replicas go on with the old one."""
    for service in status.services:
        names = ", ".join(changed.get(service.name, ()))
        if names and any(one.started_at and one.started_at < since for one in service.replicas):
            told = f"{service.name} goes on with the {names} that it started with"
            click.echo(
                f"lading: {told}; `lading down` and `lading up` gives it the new one", err=True
            )


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
