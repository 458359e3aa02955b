"""A service as it was asked for, numbered and never changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from lading.engines.engine import Limits, Workload
from lading.oci import Digest


@dataclass(frozen=True)
class Batching:
    """How predictions are gathered into batches, where the handler or a flavour takes batches."""

    max_size: int = 64
    """The most that are predicted at once."""
    max_wait_seconds: float = 0.002
    """The longest that one waits for others to join it."""


@dataclass(frozen=True)
class Http:
    """How a process speaks HTTP that is not the runtime's server.

    What the gateway gets for `/service/rest` it gets as `/rest`.
    """

    port: int
    """On its own loopback."""
    health: str = "/healthz"
    """A path that is answered with 200 when it can answer."""


@dataclass(frozen=True)
class Spec:
    """All that decides how a replica runs. Two equal specs are the same revision."""

    image: Digest
    limits: Limits = Limits()
    egress: bool = False
    timeout_seconds: float = 60.0
    """How long the gateway waits for an answer."""
    grace_seconds: float = 30.0
    """How long a replica that is stopped may go on with what it has."""
    max_body_bytes: int = 64 * 1024**2
    workers: int = 1
    """Processes that predict, side by side, in each replica."""
    batching: Batching = Batching()
    http: Http | None = None
    """None where the runtime's server answers."""

    def to_json(self) -> str:
        """Canonical: equal specs give equal text."""
        document = asdict(self) | {"image": str(self.image)}
        return json.dumps(document, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Spec:
        document = json.loads(text)
        http = document.get("http")
        values = {
            "image": Digest.parse(document["image"]),
            "limits": Limits(**document["limits"]),
            # Earlier versions wrote none.
            "batching": Batching(**document.get("batching", {})),
            "http": Http(**http) if http else None,
        }
        return cls(**document | values)


@dataclass(frozen=True)
class Revision:
    """The `number`-th spec of a service, counted from 1."""

    service: str
    number: int
    spec: Spec


@dataclass(frozen=True, order=True)
class ReplicaId:
    """One container of a revision. A restarted replica keeps its id, so its address stays."""

    service: str
    revision: int
    slot: int
    """From 0."""

    def workload_name(self, app: str) -> str:
        """Unique in the engine when `app` is."""
        return f"{app}.{self.service}.{self.revision}.{self.slot}"


def replicas_of(app: str, workload_names: Iterable[str]) -> list[ReplicaId]:
    """The replicas of `app` among everything that an engine has: the inverse of `workload_name`."""
    replica = re.compile(rf"{re.escape(app)}\.([^.]+)\.(\d+)\.(\d+)")
    matches = filter(None, map(replica.fullmatch, workload_names))
    return [ReplicaId(found[1], int(found[2]), int(found[3])) for found in matches]


def workload(app: str, replica: ReplicaId, spec: Spec, gateway: Path | None) -> Workload:
    """The container that is this replica; `gateway` is how it calls other services."""
    return Workload(
        name=replica.workload_name(app),
        image=spec.image,
        env={
            "LADING_GRACE": f"{spec.grace_seconds:g}",
            "LADING_REQUEST_TIMEOUT": f"{spec.timeout_seconds:g}",
            "LADING_MAX_BODY": str(spec.max_body_bytes),
            "LADING_WORKERS": str(spec.workers),
            "LADING_BATCH_SIZE": str(spec.batching.max_size),
            "LADING_BATCH_WAIT": f"{spec.batching.max_wait_seconds:g}",
        },
        limits=spec.limits,
        egress=spec.egress,
        port=spec.http.port if spec.http else None,
        health=spec.http.health if spec.http else None,
        gateway=gateway,
        # The server stops by itself within its grace; the engine's own is a little longer.
        grace_seconds=spec.grace_seconds + 2,
        labels={
            "io.lading.app": app,
            "io.lading.service": replica.service,
            "io.lading.revision": str(replica.revision),
        },
    )
