"""What the loop knows of revisions: the specs of those that have replicas, and which answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from lading.controller.journal import Journal
from lading.controller.wants import Wanted, Wants
from lading.controller.watch import Clock, Watched, monotonic
from lading.errors import StateError
from lading.releases.plan import Health, Target
from lading.releases.revision import ReplicaId, Spec

_AGAIN_SECONDS = 5.0

Key = tuple[str, int]
"""Service and number."""


class Known:
    """Asked by the loop alone; `learn` may be called in a thread."""

    def __init__(self, wants: Wants, journal: Journal, now: Clock = monotonic) -> None:
        self._wants = wants
        self._journal = journal
        self._now = now
        self._specs: dict[Key, Spec] = {}
        self._nobody: set[Key] = set()
        """Numbers of containers that no revision has."""
        self._answered: set[Key] = set()
        self._not_before = 0.0

    @property
    def specs(self) -> Mapping[Key, Spec]:
        return self._specs

    def take(self, wanted: Wanted) -> None:
        """What is wanted is known."""
        for target in wanted.targets.values():
            key = target.revision.service, target.revision.number
            self._specs[key] = target.revision.spec
            if target.revision.ready_at:
                self._answered.add(key)

    def spec(self, replica: ReplicaId) -> Spec | None:
        return self._specs.get((replica.service, replica.revision))

    def strangers(self, replicas: Iterable[ReplicaId]) -> Collection[Key]:
        """Revisions to be learned of: those of containers that an earlier controller left."""
        if self._now() < self._not_before:
            return ()
        return {
            key
            for one in replicas
            if (key := (one.service, one.revision)) not in self._specs and key not in self._nobody
        }

    def learn(self, keys: Collection[Key]) -> None:
        """Ask the database; where it does not answer, there is a next time."""
        try:
            found = self._wants.specs(keys)
        except StateError:
            self._not_before = self._now() + _AGAIN_SECONDS
            return
        self._specs |= found
        self._nobody |= set(keys) - found.keys()

    def see(self, targets: Iterable[Target], watched: Mapping[ReplicaId, Watched]) -> None:
        """Have it written down where all replicas of a revision answer for the first time."""
        for target in targets:
            service, number = key = target.revision.service, target.revision.number
            if key in self._answered:
                continue
            slots = (ReplicaId(service, number, slot) for slot in range(target.replicas))
            if all(one in watched and watched[one].health is Health.READY for one in slots):
                self._answered.add(key)
                self._journal.do(lambda revision=target.revision: self._wants.ready(revision))  # type: ignore[misc]
