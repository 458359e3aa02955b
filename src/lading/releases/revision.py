"""A service as it was started, numbered and never changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from lading.engines.engine import Limits, Workload
from lading.oci import Digest
from lading.state.rows import StoredRevision


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
class Foreign:
    """How an image of somebody else's is run, beside what it says itself."""

    user: str = ""
    """User and group in numbers, "101:101"; empty for the image's own."""
    arguments: tuple[str, ...] = ()
    """In the place of its `Cmd`; empty for its own."""
    env: tuple[tuple[str, str], ...] = ()
    """Variables added to its own, by name."""


@dataclass(frozen=True)
class Spec:
    """All that decides how a replica runs."""

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
    foreign: Foreign | None = None
    """None for an image that Lading built."""
    secrets: tuple[str, ...] = ()
    """Names alone: what they are is known to the machine that it runs on."""

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
            "foreign": _foreign(document.get("foreign")),
            "secrets": tuple(document.get("secrets", ())),
        }
        return cls(**document | values)


def _foreign(document: Mapping[str, Any] | None) -> Foreign | None:
    if not document:
        return None
    env = tuple((name, value) for name, value in document["env"])
    return Foreign(document["user"], tuple(document["arguments"]), env)


@dataclass(frozen=True)
class Occasion:
    """Where a revision comes from: told to people, and decides nothing. Empty where not known."""

    who: str = ""
    """Who started it: user@host."""
    why: str = ""
    author: str = ""
    """Who built the image, by their own name."""
    commit: str = ""
    """What the image was made from, by git."""
    dirty: bool = False
    """Files differed from the commit."""
    bill: str = ""
    """Digest of the statement that tells of the image's making."""
    size: int | None = None
    """Bytes of the image, as a registry stores them."""
    returns_to: int | None = None
    """The number of the revision that a rollback brought back."""

    def to_json(self) -> str:
        """Without what is not known."""
        told = {x: y for x, y in asdict(self).items() if y not in ("", None, False)}
        return json.dumps(told, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Occasion:
        """What a later version of Lading tells besides is passed over."""
        known = {one.name for one in fields(cls)}
        return cls(**{x: y for x, y in json.loads(text).items() if x in known})


@dataclass(frozen=True)
class Revision:
    """A spec of a service as it was started, by a number counted from 1.

    Two revisions may have one spec: a rollback has that of an earlier one.
    """

    service: str
    number: int
    spec: Spec
    occasion: Occasion = field(default=Occasion(), compare=False)
    created_at: datetime | None = field(default=None, compare=False)
    ready_at: datetime | None = field(default=None, compare=False)
    """When all of its replicas first answered; None when they never did."""

    @property
    def never_answered(self) -> bool:
        """Of what earlier versions of Lading started nobody knows: they told nothing at all."""
        return self.ready_at is None and bool(self.occasion.who)

    @classmethod
    def of(cls, row: StoredRevision) -> Revision:
        """As it is kept."""
        spec, occasion = Spec.from_json(row.content), Occasion.from_json(row.told)
        return cls(row.service, row.number, spec, occasion, row.created_at, row.ready_at)


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


def workload(
    app: str, replica: ReplicaId, spec: Spec, gateway: Path | None, secrets: Path | None = None
) -> Workload:
    """The container that is this replica; `gateway` is how it calls other services.

    `secrets` is where those of each service are, in a folder of its name.
    """
    return Workload(
        name=replica.workload_name(app),
        image=spec.image,
        env=_env(spec),
        limits=spec.limits,
        egress=spec.egress,
        port=spec.http.port if spec.http else None,
        health=spec.http.health if spec.http else None,
        gateway=gateway,
        secrets={x: secrets / replica.service / x for x in spec.secrets} if secrets else {},
        # The server stops by itself within its grace; the engine's own is a little longer.
        grace_seconds=spec.grace_seconds + 2,
        labels={
            "io.lading.app": app,
            "io.lading.service": replica.service,
            "io.lading.revision": str(replica.revision),
        },
        foreign=spec.foreign is not None,
        arguments=spec.foreign.arguments if spec.foreign else (),
        user=spec.foreign.user if spec.foreign else "",
    )


def _env(spec: Spec) -> dict[str, str]:
    """What a server of ours is told; somebody else's is told only what its service says."""
    if spec.foreign:
        return dict(spec.foreign.env)
    return {
        "LADING_GRACE": f"{spec.grace_seconds:g}",
        "LADING_REQUEST_TIMEOUT": f"{spec.timeout_seconds:g}",
        "LADING_MAX_BODY": str(spec.max_body_bytes),
        "LADING_WORKERS": str(spec.workers),
        "LADING_BATCH_SIZE": str(spec.batching.max_size),
        "LADING_BATCH_WAIT": f"{spec.batching.max_wait_seconds:g}",
    }
