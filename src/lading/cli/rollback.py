"""`lading rollback`."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from functools import partial

import click

from lading.building import contents
from lading.cli import (
    engines,
    occasions,
    output,
    place,
    plan_shown,
    releasing,
    secret_values,
    states,
)
from lading.cli.progress import shown
from lading.cli.revisions import NUMBER, Revisions
from lading.cli.stopping import left_behind
from lading.controller.messages import WantedApp, WantedService
from lading.controller.place import Place
from lading.engines import select
from lading.errors import ImageNotFound, LadingError, SettingsError, UsageError
from lading.oci.location import Location
from lading.oci.platforms import of_this_machine
from lading.releases.changes import Asked, Changes, Outcome, ServiceChange, compare
from lading.releases.plan import Target
from lading.releases.revision import Occasion, Revision
from lading.settings import read
from lading.settings.app import App
from lading.stores.layout import Layout
from lading.stores.registry import Hosts, Registries


@click.command()
@click.argument("service")
@click.argument("revision", required=False, type=NUMBER)
@occasions.option
@click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
def command(service: str, revision: int | None, dry_run: bool) -> None:
    """Run an earlier revision of a service again, in the place of what runs.

    Without REVISION it is the newest that answered before the one that runs. Nothing is built, and
    lading.yaml and the source are not read: only the image must still be in the store, or in the
    registry that it was pushed to. Requests are answered all the while. It is a revision of its
    own, and the next `lading up` goes by the source again.

    Of an app that is down, all is started as it was last, with the service as it was; of one that
    never was up here, that service.
    """
    begun = time.monotonic()
    at = place.found()
    found = Revisions.of(at)
    target = _target(found, service, revision)
    if target is None:
        return
    location = _location(found, target)
    _foretell(found, target)
    if location:
        click.echo(f"its image comes from {location}")
    if dry_run:
        click.echo("this was a dry run: nothing was done")
        return
    if not engines.running(at):
        secret_values.forget(at.secrets)  # of what was killed
    values = secret_values.read(at.secrets, _secrets(found, target), os.environ)
    # Nobody prunes an image that is about to run, and that nothing is known to need yet.
    with Layout(at.folders.store).shared():
        if location:
            _bring(found, target, location)
        if not found.is_up:
            _prepare(found, target)
        secret_values.write(at.secrets, values)
        asked = partial(_asked, found, target=target)
        released = releasing.release(at, asked, _say, occasions.why())
    releasing.tell(released, time.monotonic() - begun)
    click.echo(f"{service} is what revision {target.number} was; `lading up` would undo that")


def _target(found: Revisions, service: str, number: int | None) -> Revision | None:
    """None where it runs already, which is said. Raises UsageError where there is nothing to go
    back to."""
    if number is None:
        return _before(found, service)
    target = found.one(service, number)
    current = found.current(service)
    if current and found.is_up and _runs_alike(current, target):
        same = "runs" if current.number == number else f"runs, as revision {current.number}"
        click.echo(f"revision {number} of {service} {same}; there is nothing to do")
        return None
    return target


def _before(found: Revisions, service: str) -> Revision:
    """The newest before the one that runs, or before the one that it brought back, that is another
    and was ready."""
    revisions = found.kept(service)
    current = found.current(service)
    if current is None:
        raise UsageError(
            f"{service} does not run", todo="name a revision; `lading history` shows them"
        )
    number = current.occasion.returns_to or current.number
    for one in revisions:
        if one.number < number and one.ready_at and not _runs_alike(one, current):
            return one
    raise UsageError(
        f"{service} has no revision before {number} that was ready",
        todo=f"name one; `lading history {service}` shows them",
    )


def _runs_alike(one: Revision, other: Revision) -> bool:
    """But for what belongs to the gateway: that is no rollback's to change."""
    return replace(one.spec, max_body_bytes=other.spec.max_body_bytes) == other.spec


def _foretell(found: Revisions, target: Revision) -> None:
    """The plan, as `lading up` tells it."""
    service, current = target.service, found.current(target.service)
    click.echo(f"rollback of {service} to revision {target.number}{_told(target)}")
    asked = found.asked(service)
    replicas = asked.replicas if asked else 1
    after = {service: _side(found, target, replicas)}
    before = {service: _side(found, current, replicas)} if current else {}
    running = [one.name for one in found.status.services] if found.status else []
    (change,) = compare(before, after, {service} & set(running))
    if current and not found.is_up:
        change = ServiceChange(service, Outcome.CHANGED, change.image, change.settings)
    plan_shown.show(Changes((change,)))


def _told(revision: Revision) -> str:
    from lading.cli.history import commit, when, why

    never = "never ready" if revision.never_answered else ""
    told = revision.occasion
    parts = (when(revision.created_at), commit(told), output.printable(why(told)), never)
    return f" ({', '.join(filter(None, parts))})"


def _side(found: Revisions, revision: Revision, replicas: int) -> Asked:
    def stored() -> contents.Contents | None:
        image = found.image(revision)
        return contents.of_image(image) if image else None

    spec = replace(revision.spec, max_body_bytes=found.wanted.listener.max_body_bytes)
    return Asked(spec, replicas, spec.image, stored)


def _asked(found: Revisions, now: WantedApp | None, target: Revision) -> WantedApp:
    """What is wanted now, or was last, with the service as it was."""
    base = now if now and now.services else found.wanted
    before = next((x for x in base.services if x.name == target.service), None)
    one = WantedService.of(Target(target, before.replicas if before else 1))
    told = replace(target.occasion, why="", who="", returns_to=target.number)
    wanted = replace(one, revision=None, occasion=told)
    if before is None:
        return replace(base, services=(*base.services, wanted))
    services = tuple(wanted if x.name == target.service else x for x in base.services)
    return replace(base, services=services)


def _bring(found: Revisions, target: Revision, location: str) -> None:
    """Have its image in the store. Raises RegistryError."""
    with shown() as progress, Registries(_hosts(found.at), os.environ, progress) as registries:
        where = Location.parse(location).at(target.spec.image)
        registries.pull(where, Layout(found.at.folders.store), of_this_machine())


def _location(found: Revisions, target: Revision) -> str | None:
    """Where its image was pushed; None where the store has it. Raises ImageNotFound."""
    if found.image(target):
        return None
    digest = target.spec.image
    if location := found.pushed([target]).get(digest):
        return location
    raise ImageNotFound(
        f"the image of revision {target.number} of {target.service} is gone: {digest.short} is "
        "neither in the store nor in a registry that it was pushed to from here",
        todo=_made_again(target.occasion),
    )


def _made_again(told: Occasion) -> str:
    if not told.commit:
        return "build it from source"
    at = f"check out {told.commit[:8]}"
    changed = ", make the changes that the commit does not have," if told.dirty else ""
    return f"{at}{changed} and call `lading up`"


def _prepare(found: Revisions, target: Revision) -> None:
    """What `lading up` does before it starts an app."""
    if found.wanted.services and not left_behind(found.at):
        click.echo("the app was down: all of it is started as it was last")
    app = _app(found.at)
    limits = {f"services.{target.service}": target.spec.limits}
    engines.take(found.at, _engine(found.at, app), limits)
    states.take(found.at, app)


def _secrets(found: Revisions, target: Revision) -> dict[str, tuple[str, ...]]:
    """By service, those of what is started."""
    others = () if found.is_up else found.wanted.services
    return {one.name: one.secrets for one in others} | {target.service: target.spec.secrets}


def _engine(at: Place, app: App | None) -> str:
    """What the app is on, or was when it went down; else what lading.yaml says."""
    for file in (at.engine_file, at.engine_before_file):
        if file.exists():
            return select.recalled(file).name
    return app.engine if app else select.EMBEDDED


def _app(at: Place) -> App | None:
    """What lading.yaml says, where it can be read."""
    try:
        return read(at.folder)
    except SettingsError:
        return None


def _hosts(at: Place) -> Hosts:
    app = _app(at)
    return app.registries if app else {}


def _say(error: LadingError) -> None:
    click.echo(f"lading: {error}", err=True)
