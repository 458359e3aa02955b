"""What the loop knows, as the CLI is told it. Pure."""

from __future__ import annotations

from lading.controller.loop import Loop
from lading.controller.messages import (
    AppStatus,
    GatewayStatus,
    ReplicaStatus,
    ServiceStatus,
    WantedApp,
)
from lading.controller.watch import Watched
from lading.engines.engine import Phase
from lading.releases.plan import Health, Target
from lading.releases.revision import Spec


def services(loop: Loop) -> tuple[ServiceStatus, ...]:
    """Wanted services, and those that are still being stopped, by name."""
    names = {*loop.wanted.targets, *(replica.service for replica in loop.watched)}
    return tuple(_service(loop, name, loop.wanted.targets.get(name)) for name in sorted(names))


def app(loop: Loop, folder: str, pid: int) -> AppStatus:
    """The whole app; `pid` is the controller's."""
    listener = loop.wanted.listener
    gateway = GatewayStatus(
        host=listener.host if listener else "",
        port=listener.port if listener else 0,
        pid=loop.gateway_pid,
        restarts=loop.gateway_restarts,
    )
    return AppStatus(loop.wanted.name, folder, pid, gateway, services(loop), loop.trouble)


def wanted(loop: Loop) -> WantedApp | None:
    """What the loop keeps up, as it was asked for; None before anything was."""
    return loop.wanted.asked()


def _service(loop: Loop, name: str, target: Target | None) -> ServiceStatus:
    mine = sorted((w for w in loop.watched.values() if w.id.service == name), key=lambda w: w.id)
    number = target.revision.number if target else 0
    ready = [w for w in mine if w.health is Health.READY and w.id.revision == number]
    return ServiceStatus(
        name=name,
        image=str(target.revision.spec.image) if target else "",
        revision=number,
        wanted=target.replicas if target else 0,
        ready=len(ready),
        replicas=tuple(_replica(w, loop.spec(w.id)) for w in mine),
    )


def _replica(watched: Watched, spec: Spec | None) -> ReplicaStatus:
    observed = watched.observed
    running = observed if observed and observed.phase is Phase.RUNNING else None
    return ReplicaStatus(
        name=f"{watched.id.service}.{watched.id.revision}.{watched.id.slot}",
        revision=watched.id.revision,
        image=str(spec.image) if spec else "",
        state=_state(watched),
        pid=running.pid if running else None,
        started_at=running.started_at if running else None,
        restarts=watched.restarts,
        failures=watched.backoff.failures,
        last_end=watched.last_end,
        says=watched.says if running else "",
        memory_bytes=running.memory_bytes if running else None,
        memory_limit_bytes=spec.limits.memory_bytes if spec else 0,
        unenforced=running.unenforced if running else (),
    )


def _state(watched: Watched) -> str:
    if watched.stopping:
        return "stopping"
    if watched.health is Health.EXITED or (watched.observed is None and not watched.busy):
        return "waiting"
    return str(watched.health.value)
