"""What happens to replicas, for people: in the history of their service and in the journal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from lading.controller.history import History
from lading.controller.journal import Journal
from lading.engines.engine import Engine
from lading.errors import LadingError
from lading.releases.revision import ReplicaId


class Telling:
    """May be used from several threads. `app` is what the app is called in the engine."""

    def __init__(self, app: str, engine: Engine, history: History, journal: Journal) -> None:
        self._app = app
        self._engine = engine
        self._history = history
        self._journal = journal
        self._engine_said = ""

    def tell(self, replica: ReplicaId, text: str) -> None:
        """That this happened to it, now."""
        slot = _slot(replica)
        with written_if_possible():
            self._history.tell(replica.service, slot, text)
        self._journal.note(f"{replica.service}.{slot}", text)

    def keep_log(self, replica: ReplicaId) -> None:
        """Keep what it wrote: its container is about to be removed."""
        with written_if_possible():
            lines = self._engine.logs(replica.workload_name(self._app))
            self._history.keep(replica.service, _slot(replica), lines)

    def of_engine(self, said: str) -> None:
        """What the engine says instead of an answer, empty where it answers: once, not in every
        pass."""
        if said != self._engine_said:
            self._engine_said = said
            self._journal.note("engine", f"failed: {said}" if said else "answers again")

    def of_gateway(self, said: str) -> None:
        self._journal.note("gateway", said)


@contextmanager
def written_if_possible() -> Iterator[None]:
    """What cannot be written down, on a full disk say, must not keep the app from running."""
    try:
        yield
    except (LadingError, OSError) as error:
        sys.stderr.write(f"not written down: {error}\n")


def _slot(replica: ReplicaId) -> str:
    return f"{replica.revision}.{replica.slot}"
