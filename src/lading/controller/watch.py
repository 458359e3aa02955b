"""What the controller knows of each replica: the engine's view, its own word, its past."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lading.controller.backoff import Backoff
from lading.engines.engine import Observed, Phase
from lading.releases.plan import Health, Replica
from lading.releases.revision import ReplicaId

PROBE_STARTING_SECONDS = 0.1
PROBE_READY_SECONDS = 1.0
_HOPELESS_FAILURES = 2


@dataclass
class Watched:
    """A replica over its restarts. Changed by the controller's loop alone."""

    id: ReplicaId
    observed: Observed | None = None
    health: Health = Health.STARTING
    was_ready: bool = False
    backoff: Backoff = field(default_factory=Backoff)
    restarts: int = 0
    last_end: str = ""
    says: str = ""
    """Why it cannot answer; empty where it can, or has not been asked."""
    next_probe: float = 0.0
    address: str = ""
    busy: bool = False
    """An action on it is under way."""
    stopping: bool = False

    def see(self, observed: Observed | None, now: float) -> bool:
        """Take in what the engine shows. Whether it has ended since last time."""
        before, self.observed = self.observed, observed
        if observed is None:
            return False
        self.address = observed.address
        # It may have ended before it was ever seen to run: that is an end as well.
        if before is None or before.started_at != observed.started_at:
            self.health, self.was_ready, self.next_probe = Health.STARTING, False, now
            self.says = ""
        return observed.phase is Phase.EXITED and self._end(observed, now)

    def answer(self, says: str, now: float) -> bool:
        """Take in why it cannot answer, empty where it can. Whether it is ready has changed."""
        before, ready = self.health, not says
        if before is Health.EXITED:
            return False
        self.says = says
        if ready:
            self.health, self.was_ready = Health.READY, True
            self.backoff = self.backoff.ready()
        elif self.was_ready:
            self.health = Health.UNREADY
        wait = PROBE_READY_SECONDS if ready else PROBE_STARTING_SECONDS
        self.next_probe = now + wait
        return self.health is not before

    def replica(self) -> Replica:
        return Replica(self.id, self.health)

    @property
    def may_answer(self) -> bool:
        """Whether to wait for it: not where it ended twice in a row without getting ready."""
        return self.health is Health.READY or self.backoff.failures < _HOPELESS_FAILURES

    def _end(self, observed: Observed, now: float) -> bool:
        if self.health is Health.EXITED:
            return False
        self.health = Health.EXITED
        self.last_end = describe_end(observed)
        if not self.stopping:
            self.restarts += 1
            self.backoff = self.backoff.ended(now, self.was_ready)
        self.was_ready = False
        return True


def describe_end(observed: Observed) -> str:
    """Why a container ended, in a few words."""
    if observed.out_of_memory:
        return "killed: over its memory limit"
    code = observed.exit_code
    if code is None:
        return "ended, and nobody saw how"
    return f"killed by signal {code - 128}" if code > 128 else f"exit code {code}"


Clock = Callable[[], float]
monotonic: Clock = time.monotonic
