"""What crosses the controller's socket, as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from lading.engines.engine import Limits
from lading.gateway.route import Listener
from lading.oci import Digest
from lading.releases.plan import Target
from lading.releases.revision import Batching, Foreign, Http, Occasion, Spec

_GRACE_SECONDS = 30.0


@dataclass(frozen=True)
class WantedService:
    """A service as `lading up` asks for it. `image` is a digest in the user's store.

    Two are equal when the same is asked for, whatever is told of it.
    """

    name: str
    image: str
    limits: Limits
    egress: bool
    replicas: int
    timeout_seconds: float
    workers: int = 1
    batching: Batching = Batching()
    http: Http | None = None
    foreign: Foreign | None = None
    secrets: tuple[str, ...] = ()
    """Names: the values lie on this machine."""
    revision: int | None = field(default=None, compare=False)
    """This very one, where it is as asked for; None for the one that runs, or else a new one."""
    occasion: Occasion = field(default=Occasion(), compare=False)
    """Of the revision, where it is a new one."""

    @classmethod
    def of(cls, target: Target) -> WantedService:
        """As it was asked for: the inverse of `spec`."""
        spec = target.revision.spec
        return cls(
            name=target.revision.service,
            image=str(spec.image),
            limits=spec.limits,
            egress=spec.egress,
            replicas=target.replicas,
            timeout_seconds=spec.timeout_seconds,
            workers=spec.workers,
            batching=spec.batching,
            http=spec.http,
            foreign=spec.foreign,
            secrets=spec.secrets,
            revision=target.revision.number,
            occasion=target.revision.occasion,
        )

    def spec(self, listener: Listener) -> Spec:
        """All that decides how its replicas run."""
        return Spec(
            image=Digest.parse(self.image),
            limits=self.limits,
            egress=self.egress,
            timeout_seconds=self.timeout_seconds,
            # Whoever was promised an answer gets it, also from a replica that is being stopped.
            grace_seconds=max(_GRACE_SECONDS, self.timeout_seconds),
            max_body_bytes=listener.max_body_bytes,
            workers=self.workers,
            batching=self.batching,
            http=self.http,
            foreign=self.foreign,
            secrets=self.secrets,
        )


@dataclass(frozen=True)
class WantedApp:
    """All of an app: a service that is not named here is stopped."""

    name: str
    listener: Listener
    services: tuple[WantedService, ...]


@dataclass(frozen=True)
class ReplicaStatus:
    """A replica as it is now. `state` is a phrase for a person as well: "ready", "waiting"."""

    name: str
    revision: int
    image: str
    """Digest; empty when its revision is not known."""
    state: str
    pid: int | None
    started_at: datetime | None
    restarts: int
    failures: int
    """How often in a row it ended without having been ready."""
    last_end: str
    """Why it last ended: "exit code 3"; empty when it never did."""
    memory_bytes: int | None
    memory_limit_bytes: int
    unenforced: tuple[str, ...] = ()
    """Limits that this machine lets nobody set for this user: "memory", "cpu", "processes"."""
    says: str = ""
    """Why it cannot answer now, in a phrase; empty where it can."""


@dataclass(frozen=True)
class ServiceStatus:
    """A service and its replicas, those of an earlier revision included."""

    name: str
    image: str
    revision: int
    wanted: int
    ready: int
    """Replicas of the wanted revision that can answer now."""
    replicas: tuple[ReplicaStatus, ...]

    @property
    def answers(self) -> bool:
        """Whether all that is wanted is ready and nothing else gets requests any more."""
        others = [one for one in self.replicas if one.revision != self.revision]
        return self.ready == self.wanted and all(one.state == "stopping" for one in others)

    @property
    def settled(self) -> bool:
        """Whether all that is wanted is ready and nothing else is left."""
        return self.ready == self.wanted == len(self.replicas)


@dataclass(frozen=True)
class GatewayStatus:
    """Where the gateway answers. `pid` is None while it does not run."""

    host: str
    port: int
    pid: int | None
    restarts: int


@dataclass(frozen=True)
class AppStatus:
    """What `lading ps` shows."""

    app: str
    folder: str
    pid: int
    gateway: GatewayStatus
    services: tuple[ServiceStatus, ...]
    trouble: str = ""
    """Why nothing can be written down at the moment; empty where it can."""


@dataclass(frozen=True)
class Problem:
    """An error on its way to the CLI: the fields of a LadingError, and its class."""

    kind: str
    problem: str
    where: str
    expected: str
    came: str
    todo: str
