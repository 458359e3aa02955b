"""Waits until what was asked for is ready, or certainly will not be."""

from __future__ import annotations

import time
from collections.abc import Sequence

from lading.cli.tidy import is_routine, tidy, without_our_frames
from lading.controller.client import Client
from lading.controller.history import History
from lading.controller.messages import AppStatus, ReplicaStatus, ServiceStatus
from lading.controller.place import Place
from lading.errors import ControllerError

FAILURES_ALLOWED = 2
"""A replica that ended this often without having been ready is not waited for."""
QUIET_SECONDS = 600.0
_SHOWN = 12
"""Lines of a log in an error."""


def settle(client: Client, at: Place, asked: Sequence[str]) -> AppStatus:
    """The status once every service is ready and nothing of an earlier revision is left.

    Raises ControllerError with the end of its log when a replica does not get ready, and when
    somebody else stops what was `asked` for.
    """
    until = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < until:
        status = client.status()
        wanted = {service.name for service in status.services if service.wanted}
        if not wanted.issuperset(asked):
            raise ControllerError("stopped by somebody else before it was ready")
        if all(service.settled for service in status.services):
            return status
        for service in status.services:
            for replica in service.replicas:
                if replica.revision == service.revision and replica.failures >= FAILURES_ALLOWED:
                    raise _gave_up(service, replica, at)
        time.sleep(0.05)
    raise ControllerError("not ready in time", todo="see `lading ps` and `lading logs`")


def _gave_up(service: ServiceStatus, replica: ReplicaStatus, at: Place) -> ControllerError:
    goes_on = any(
        other.revision != service.revision and other.state == "ready" for other in service.replicas
    )
    kept = "; the revision before it goes on answering" if goes_on else ""
    last = "".join(f"\n    {line}" for line in _last_words(service.name, replica, at)[-_SHOWN:])
    problem = f"revision {service.revision} does not start: {replica.last_end}{kept}"
    return ControllerError(f"{problem}; see `lading logs`{last}", f"services.{service.name}")


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
