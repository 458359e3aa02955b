"""A service as it was asked for, numbered and never changed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from lading.engines.engine import Limits, Workload
from lading.errors import EngineError
from lading.oci import Digest


@dataclass(frozen=True)
class Spec:
    """All that decides how a replica runs. Two equal specs are the same revision."""

    image: Digest
    limits: Limits = Limits()
    egress: bool = False
    timeout_seconds: float = 60.0
    """How long the gateway waits for an answer."""
    grace_seconds: float = 30.0

    def to_json(self) -> str:
        """Canonical: equal specs give equal text."""
        document = asdict(self) | {"image": str(self.image)}
        return json.dumps(document, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Spec:
        document = json.loads(text)
        return cls(
            **document
            | {"image": Digest.parse(document["image"]), "limits": Limits(**document["limits"])}
        )


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

    @classmethod
    def parse(cls, workload_name: str) -> ReplicaId:
        """The inverse of `workload_name`. Raises EngineError for any other name."""
        parts = workload_name.rsplit(".", 3)
        if len(parts) != 4 or not (parts[2].isdigit() and parts[3].isdigit()):
            raise EngineError("not a replica", came=repr(workload_name))
        return cls(parts[1], int(parts[2]), int(parts[3]))


def workload(app: str, replica: ReplicaId, spec: Spec) -> Workload:
    """The container that is this replica."""
    return Workload(
        name=replica.workload_name(app),
        image=spec.image,
        env={
            "LADING_GRACE": f"{spec.grace_seconds:g}",
            "LADING_REQUEST_TIMEOUT": f"{spec.timeout_seconds:g}",
        },
        limits=spec.limits,
        egress=spec.egress,
        # The server stops by itself within its grace; the engine's own is a little longer.
        grace_seconds=spec.grace_seconds + 2,
        labels={
            "io.lading.app": app,
            "io.lading.service": replica.service,
            "io.lading.revision": str(replica.revision),
        },
    )
