"""Which replicas the gateway may send requests to. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from lading.gateway.route import Route
from lading.releases.plan import Health, Replica, Target
from lading.releases.revision import ReplicaId


def routes(
    observed: Sequence[Replica],
    wanted: Mapping[str, Target],
    addresses: Mapping[ReplicaId, str],
    stopping: Collection[ReplicaId] = (),
) -> tuple[Route, ...]:
    """A route for every wanted service, sorted by name.

    Replicas being stopped get nothing new. A replica that exited and will be started again keeps
    its place among those that may answer soon, since it comes back at the same address.
    """
    return tuple(
        _route(wanted[service], [r for r in observed if r.id not in stopping], addresses)
        for service in sorted(wanted)
    )


def _route(
    target: Target, observed: Sequence[Replica], addresses: Mapping[ReplicaId, str]
) -> Route:
    service, number = target.revision.service, target.revision.number
    mine = sorted((r for r in observed if r.id.service == service), key=lambda r: r.id)
    current = [r for r in mine if r.id.revision == number]
    return Route(
        service=service,
        ready=tuple(addresses[r.id] for r in mine if r.health is Health.READY),
        starting=tuple(addresses[r.id] for r in current if r.health is not Health.READY),
        timeout_seconds=target.revision.spec.timeout_seconds,
        foreign=target.revision.spec.http is not None,
    )
