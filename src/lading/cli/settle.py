"""Waits until what was asked for is ready, or certainly will not be."""

from __future__ import annotations

import time

from lading.controller.client import Client
from lading.controller.history import History
from lading.controller.messages import AppStatus, ReplicaStatus, ServiceStatus
from lading.controller.process import Place
from lading.errors import ControllerError

FAILURES_ALLOWED = 2
"""A replica that ended this often without having been ready is not waited for."""
QUIET_SECONDS = 600.0


def settle(client: Client, at: Place) -> AppStatus:
    """The status once every service is ready and nothing of an earlier revision is left.

    Raises ControllerError with the end of its log when a replica does not get ready.
    """
    until = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < until:
        status = client.status()
        if all(service.settled for service in status.services):
            return status
        for service in status.services:
            for replica in service.replicas:
                if replica.revision == service.revision and replica.failures >= FAILURES_ALLOWED:
                    raise _gave_up(service, replica, at)
        time.sleep(0.05)
    raise ControllerError("not ready in time", todo="see `lading ps` and `lading logs`")


def _gave_up(service: ServiceStatus, replica: ReplicaStatus, at: Place) -> ControllerError:
    lines = [line for line in History(at.history).read(service.name) if line.stream != "lading"]
    last = "\n".join(f"    {line.text}" for line in lines[-12:])
    kept = (
        "; the revision before it goes on answering"
        if any(r.revision != service.revision and r.state == "ready" for r in service.replicas)
        else ""
    )
    return ControllerError(
        f"revision {service.revision} does not start: {replica.last_end}{kept}"
        + (f"\n{last}\n  " if last else ""),
        f"services.{service.name}",
        todo="see `lading logs`",
    )
