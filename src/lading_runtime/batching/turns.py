"""Whether all callers of a busy service go together, or in two halves that take turns.

Together they share one batch, and the worker is idle while they are answered and ask again. In
halves one is answered and asks while the other is predicted, but there are twice as many batches.
What is better depends on what a batch costs, on what asking costs, and on the machine; so now and
then the other is tried for some batches, and whatever answers more in a second stays.
"""

from __future__ import annotations

_FEW = 8
"""Callers below which it makes no difference worth a trial."""
_SETTLING = 4
"""Batches after a change that belong to neither."""
_MEASURED = 16
_SHORTEST_STAY = 48
_LONGEST_STAY = 3072
"""Batches between two trials: twice as many after each that changed nothing."""
_BETTER = 1.05
_LEAST_IDLE, _MOST_IDLE = 0.25, 1.5
"""How long the worker is idle for each batch, in batches, where halves are worth a trial: below
there is nothing to gain, and above it is the asking that takes long, which halves make longer."""
_PAUSE_SECONDS = 0.25
"""After so long without a batch, what was learned is of other callers."""


class Turns:
    """Of one service. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self.halves = False
        self._trying = False
        self._usual = 0.0
        self._last = 0.0
        self._stay = _SHORTEST_STAY
        self._begin()

    def enough(self, expected: int) -> int:
        """How many of those expected are enough for a batch."""
        return (expected + 1) // 2 if self.halves and expected >= _FEW else expected

    def went(self, size: int, idle: float, now: float) -> None:
        """A batch went. `idle` is how long the worker waited for it, in batches."""
        paused = now - self._last > _PAUSE_SECONDS
        self._last = now
        if paused or size < _FEW // 2:
            self.halves = self._trying = False
            self._stay = _SHORTEST_STAY
            self._begin()
            return
        self._count += 1
        before = _SETTLING if self._trying else self._stay
        if self._count == before:
            self._since = now
        elif self._count > before:
            self._answered += size
            self._idle += idle / _MEASURED
            if self._count == before + _MEASURED:
                self._decide(self._answered / max(now - self._since, 1e-9))

    def _decide(self, rate: float) -> None:
        if not self._trying:
            self._usual = rate
            if self.halves or _LEAST_IDLE <= self._idle <= _MOST_IDLE:
                self._trying = True
                self.halves = not self.halves
        elif rate > self._usual * _BETTER:
            self._trying = False
            self._stay = _SHORTEST_STAY
        else:
            self._trying = False
            self.halves = not self.halves
            self._stay = min(2 * self._stay, _LONGEST_STAY)
        self._begin()

    def _begin(self) -> None:
        self._count = self._answered = 0
        self._since = self._idle = 0.0
