"""Waits until what was asked for is ready, or certainly will not be."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import click

from lading.cli.tidy import is_routine, tidy, without_our_frames
from lading.controller.client import Client
from lading.controller.history import History
from lading.controller.messages import AppStatus, ReplicaStatus, ServiceStatus
from lading.controller.place import Place
from lading.errors import AppNotUp, NotReady

FAILURES_ALLOWED = 2
"""A replica that ended this often without having been ready is not waited for."""
QUIET_SECONDS = 600.0
_SHOWN = 12
"""Lines of a log in an error."""
_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 10.0
"""What is not ready by then is told of, and again where it has another reason."""


@dataclass(frozen=True)
class Awaited:
    """What is waited for."""

    asked: Collection[str]
    """Services that must stay wanted meanwhile."""
    changed: Collection[str]
    """Those of them that must get ready. One that was asked for before and is broken since is not
    waited for: it says nothing about this change."""
    done: Callable[[ServiceStatus], bool] = lambda service: service.settled
    superseded: Callable[[], bool] = lambda: False
    """Whether the outcome matters to nobody any more."""


def settle(client: Client, at: Place, awaited: Awaited) -> AppStatus | None:
    """The status once every service is done, but for those that were broken before; None when
    superseded.

    Raises NotReady when something changed does not get ready, with the end of its log where it
    ended, and AppNotUp when somebody else stops what was asked for.
    """
    begun = time.monotonic()
    until, waiting = begun + QUIET_SECONDS, _Waiting(begun + _PATIENCE_SECONDS)
    while True:
        status = client.status()
        wanted = {service.name for service in status.services if service.wanted}
        if not wanted.issuperset(awaited.asked):
            raise AppNotUp("stopped by somebody else before it was ready")
        if all(awaited.done(one) or _is_broken(one, awaited) for one in status.services):
            return status
        for service in status.services:
            if service.name in awaited.changed:
                _require_hope(service, at)
        if awaited.superseded():
            return None
        waiting.tell([one for one in status.services if one.name in awaited.changed])
        if time.monotonic() > until:
            late = [x for x in status.services if x.name in awaited.changed and not awaited.done(x)]
            if late:
                raise _not_in_time(late)
            return status
        time.sleep(_LOOK_SECONDS)


@dataclass
class _Waiting:
    """Tells what is waited for, and why."""

    not_before: float
    told: dict[str, str] = field(default_factory=dict)

    def tell(self, services: Sequence[ServiceStatus]) -> None:
        if time.monotonic() < self.not_before:
            return
        self.not_before += _PATIENCE_SECONDS
        for service in services:
            says = _says(service)
            if says and self.told.get(service.name) != says:
                self.told[service.name] = says
                click.echo(f"{service.name}: not ready yet: {says}", err=True)


def _says(service: ServiceStatus) -> str:
    mine = (one.says for one in service.replicas if one.revision == service.revision)
    return next(filter(None, mine), "")


def _is_broken(service: ServiceStatus, awaited: Awaited) -> bool:
    """Whether it was not changed, and does not answer as it did not before."""
    if service.name in awaited.changed or not service.wanted:
        return False
    return any(one.failures or one.state == "unready" for one in service.replicas)


def _hopeless(service: ServiceStatus) -> ReplicaStatus | None:
    """A replica of the wanted revision that will not get ready; None while there is hope."""
    mine = (one for one in service.replicas if one.revision == service.revision)
    return next((one for one in mine if one.failures >= FAILURES_ALLOWED), None)


def _require_hope(service: ServiceStatus, at: Place) -> None:
    if replica := _hopeless(service):
        raise _gave_up(service, replica, at)


def _not_in_time(late: Sequence[ServiceStatus]) -> NotReady:
    why = "; ".join(f"{one.name}: {_says(one) or 'does not run'}" for one in late)
    problem = f"not ready within {QUIET_SECONDS / 60:g} minutes"
    names = frozenset(one.name for one in late)
    return NotReady(problem, came=why, todo="see `lading logs`", services=names)


def _gave_up(service: ServiceStatus, replica: ReplicaStatus, at: Place) -> NotReady:
    goes_on = any(
        other.revision != service.revision and other.state == "ready" for other in service.replicas
    )
    kept = "; the revision before it goes on answering" if goes_on else ""
    last = "".join(f"\n    {line}" for line in _last_words(service.name, replica, at)[-_SHOWN:])
    problem = f"revision {service.revision} does not start: {replica.last_end}{kept}"
    return NotReady(
        f"{problem}; see `lading logs`{last}",
        f"services.{service.name}",
        services=frozenset([service.name]),
    )


def _last_words(service: str, replica: ReplicaStatus, at: Place) -> list[str]:
    """What the replica wrote when it last ran, but for what says that all is well.

    The history has a container's lines once the container is removed, so those of the one that
    ended last may still be missing: then those of the one before it are as good.
    """
    said: list[str] = []
    before: list[str] = []
    for line in History(at.history).read(service):
        if line.replica != replica.name.partition(".")[2]:
            continue
        if line.stream != "lading":
            said += [] if is_routine(line.text) else without_our_frames(tidy(line.text))
        elif line.text == "starting":
            said, before = [], said or before
    return said or before
