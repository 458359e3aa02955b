"""Carries out the actions of a plan, and tells of each one. The only part here with effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lading.engines.engine import Engine
from lading.errors import EngineError
from lading.releases.plan import Action, Restart, Start, Stop
from lading.releases.revision import ReplicaId, Spec, workload


@dataclass(frozen=True)
class Hands:
    """What an action is carried out with.

    `tell(subject, text)` hears of each action before and after it. `farewell(id)` is called before
    a container is removed, while its log can still be read.
    """

    app: str
    engine: Engine
    specs: Mapping[tuple[str, int], Spec]
    """By service and revision."""
    tell: Callable[[ReplicaId, str], None]
    farewell: Callable[[ReplicaId], None]
    gateway: Path | None = None
    """The folder of the socket by which a replica calls other services."""
    secrets: Path | None = None
    """The folder with the secrets of each service."""


def execute(action: Action, hands: Hands) -> None:
    """Blocks until it is done. Raises EngineError; what was begun is then seen by the next plan.

    A replica to be stopped must have left the gateway before.
    """
    name = action.id.workload_name(hands.app)
    match action:
        case Start():
            _start(action.id, hands)
        case Restart():
            hands.farewell(action.id)
            hands.engine.remove(name)
            _start(action.id, hands)
        case Stop():
            hands.tell(action.id, "stopping")
            hands.farewell(action.id)
            hands.engine.remove(name)
            hands.tell(action.id, "stopped")


def _start(replica: ReplicaId, hands: Hands) -> None:
    hands.tell(replica, "starting")
    spec = hands.specs[replica.service, replica.revision]
    wanted = workload(hands.app, replica, spec, hands.gateway, hands.secrets)
    for secret, path in wanted.secrets.items():
        if not path.is_file():
            raise EngineError(
                "a secret has no value on this machine",
                f"services.{replica.service}.secrets",
                came=secret,
                todo=f"`lading up` with {secret} in its environment",
            )
    hands.engine.apply(wanted)
