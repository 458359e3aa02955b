"""The containers of a service, one for each replica."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from lading.engines import inside
from lading.engines.engine import Workload
from lading.exports import bridged, containers, names, probes
from lading.exports.containers import Document
from lading.gateway.route import Route
from lading.oci import Image
from lading.releases import revision
from lading.releases.revision import ReplicaId, Spec

SOCKETS = "/run/services"
"""In the gateway's container: a folder for each replica."""
SECRETS = Path("secrets")
"""Beside the Compose file: a folder for each service that has any."""


@dataclass(frozen=True)
class Exported:
    """A service, and what runs it."""

    name: str
    image: Image
    called: str
    """The image, as Compose is to name it."""
    spec: Spec
    replicas: int
    python: str
    """The path of its image's interpreter."""


@dataclass(frozen=True)
class Around:
    """What containers of a service are told of all others."""

    app: str
    gateway: str
    """The gateway's volume."""
    gateway_image: str
    gateway_python: str


def services(one: Exported, around: Around) -> dict[str, Document]:
    """Its containers by name."""
    return {
        name: _container(name, one, _workload(one, slot, around), around.gateway)
        for slot, name in enumerate(names.replicas(one.name, one.replicas))
    }


def route(one: Exported) -> Route:
    """How the gateway finds its replicas. Which of them can answer is for it to see."""
    sockets = [f"unix:{socket_folder(x)}/http.sock" for x in names.replicas(one.name, one.replicas)]
    foreign = one.spec.http is not None
    return Route(one.name, (), tuple(sockets), one.spec.timeout_seconds, foreign)


def socket_folder(replica: str) -> str:
    """Of a replica, in the gateway's container."""
    return f"{SOCKETS}/{replica}"


def _workload(one: Exported, slot: int, around: Around) -> Workload:
    replica, lent = ReplicaId(one.name, 1, slot), Path(inside.GATEWAY_FOLDER)
    return revision.workload(around.app, replica, one.spec, lent, SECRETS)


def secrets(one: Exported) -> Document:
    """Those of all its replicas, by the names that the file has for them."""
    return {_secret(one, x): {"file": f"./{SECRETS / one.name / x}"} for x in one.spec.secrets}


def _secret(one: Exported, name: str) -> str:
    return f"{one.name}-{name}"


def _container(name: str, one: Exported, workload: Workload, gateway: str) -> Document:
    return {
        **containers.confined(one.called, workload.grace_seconds),
        **_begun(one, workload),
        **_network(one),
        "environment": _environment(one, workload),
        "volumes": [
            containers.mounted(name, inside.SOCKET_FOLDER),
            containers.mounted(gateway, inside.GATEWAY_FOLDER, read_only=True),
        ],
        **_given(one, workload),
        "healthcheck": probes.by_socket(one.python, _health(one)),
        "labels": {name: workload.labels[name] for name in ("io.lading.app", "io.lading.service")},
    }


def _begun(one: Exported, workload: Workload) -> Document:
    """What it runs, and what that may use."""
    limits = workload.limits
    if not workload.port:
        return containers.limited(limits)
    command = inside.command(workload, one.image.settings.get("config") or {})
    more = replace(
        limits,
        memory_bytes=limits.memory_bytes + bridged.MEMORY_BYTES,
        processes=limits.processes + bridged.PROCESSES,
    )
    kernel = inside.kernel(workload)
    return {
        **({"sysctls": kernel} if kernel else {}),
        "entrypoint": bridged.entrypoint(workload, command, one.python),
        # Collects what the server leaves behind, as the first process of a container has to.
        "init": True,
        **containers.limited(more),
    }


def _given(one: Exported, workload: Workload) -> Document:
    if not workload.secrets:
        return {}
    rows = [{"source": _secret(one, name), "target": name} for name in workload.secrets]
    return {"secrets": rows}


def _network(one: Exported) -> Document:
    return {"networks": [one.name]} if one.spec.egress else {"network_mode": "none"}


def _environment(one: Exported, workload: Workload) -> dict[str, str]:
    """What the image does not say itself."""
    settings = one.image.settings.get("config") or {}
    said = dict(entry.split("=", 1) for entry in settings.get("Env") or () if "=" in entry)
    found = inside.environment(workload, settings)
    return {name: value for name, value in sorted(found.items()) if said.get(name) != value}


def _health(one: Exported) -> str:
    """The path at which the gateway asks as well."""
    return route(one).health
