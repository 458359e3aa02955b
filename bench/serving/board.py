"""All results of one call, by server and model."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.sample import Sample
from bench.serving.peers import Peer
from bench.serving.run import Result
from bench.serving.wrk import Load

MODELS = ("cheap", "dear")
"""A logistic regression, and a forest of 100 trees."""


@dataclass(frozen=True)
class Board:
    """What was measured; of ours and of the bare loop once a round, of the others once."""

    results: tuple[Result, ...]

    def peers(self, model: str) -> tuple[Peer, ...]:
        """Those that were measured with a model, in order."""
        return tuple(dict.fromkeys(x.peer for x in self.results if x.model == model))

    def sample(self, name: str, model: str, value: Callable[[Result], float]) -> Sample | None:
        """A value of each round; None of what was not measured."""
        values = tuple(value(x) for x in self._of(name, model))
        return Sample(values) if values else None

    def load(self, name: str, model: str, connections: int) -> Load | None:
        """The medians of all rounds; errors are added up."""
        loads = [x.loads[connections] for x in self._of(name, model) if connections in x.loads]
        if not loads:
            return None
        return Load(
            statistics.median(x.rate for x in loads),
            statistics.median(x.p50 for x in loads),
            statistics.median(x.p99 for x in loads),
            sum(x.errors for x in loads),
        )

    def connections(self) -> Sequence[int]:
        """How many there were at a time."""
        return sorted({number for x in self.results for number in x.loads})

    def _of(self, name: str, model: str) -> Iterator[Result]:
        return (x for x in self.results if x.peer.name == name and x.model == model)
