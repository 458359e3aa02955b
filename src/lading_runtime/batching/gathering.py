"""When what waits should go: how many together, and whether waiting for more is worth it.

A batch costs little more than a single prediction, so a few that start at once keep the many who
come a moment later waiting for a whole batch. But waiting for those who never come is lost time.
Three facts decide:

- *Who was just answered* is likely to ask again: so many more are expected beside those who wait.
  How many of them did come back, lately, is remembered.
- *They come back at once or not at all*: the wait is counted from when they were answered, so that
  who comes to a worker that has been idle never waits.
- *What a batch of few takes* is the most that going together can save. Waiting for longer than
  that costs more than it saves, as renting skis for longer than they cost does (Karlin et al.,
  "Competitive snoopy caching", 1988).

Of a worker that is kept busy, half of those expected may be enough: see `turns.py`.
"""

from __future__ import annotations

from .turns import Turns

_LEARNING = 0.3
_HOPE = 0.005
"""What the belief in callers that come back grows by when all who were awaited for a batch came."""


class Gathering:
    """Of one service. Times are seconds of a monotonic clock."""

    def __init__(self, most: int, wait_seconds: float) -> None:
        self.most = most
        self._wait_seconds = wait_seconds
        self._turns = Turns()
        self._freed = 0.0
        self._last_seconds = wait_seconds
        self._expected = 1
        self._answered = 0
        self._left = 0
        self._until = self._latest = 0.0
        self._first = True
        self._returning = 1.0
        self._awaited = False
        self._least_size = most + 1
        self._least_seconds = wait_seconds

    def freed(self, answered: int, waiting: int, now: float) -> None:
        """A worker has answered so many; so many others wait."""
        self._answered, self._left = answered, waiting
        self._freed = now
        # Who is kept waiting since another worker's answers waits no longer for these.
        self._first = not self._awaited or not waiting
        coming = waiting + round(answered * self._returning)
        self._expected = max(waiting, self._turns.enough(min(coming, self.most)))
        self.told(now)

    def told(self, now: float) -> None:
        """Those who were answered have their answers: from now on they may come back."""
        if self._first:
            self._latest = now + self._wait_seconds
        self._until = min(now + 2 * self._least_seconds, now + self._wait_seconds, self._latest)

    def wait(self, waiting: int, now: float) -> float:
        """How long those waiting should still wait, at most, for others to join them.

        0 means now: the batch is full, everybody expected is here, or they have waited enough.
        """
        if waiting >= self.most or waiting >= self._expected or now >= self._until:
            return 0.0
        self._awaited = True
        return self._until - now

    def gone(self, waiting: int, now: float) -> None:
        """So many waited when a batch of them went."""
        if self._answered:
            idle = (now - self._freed) / max(self._last_seconds, 1e-6)
            self._turns.went(min(waiting, self.most), idle, now)
        if self._awaited and self._answered and waiting < self._expected:
            # Fewer than none where some that waited have gone away.
            came = min(max(waiting - self._left, 0) / self._answered, 1.0)
            self._returning += _LEARNING * (came - self._returning)
        else:
            self._returning = min(self._returning + _HOPE, 1.0)
        self._awaited = False
        self._until = 0.0

    def took(self, size: int, seconds: float) -> None:
        """The handler needed so long for a batch of this size."""
        self._last_seconds = seconds
        if size < self._least_size:
            self._least_size, self._least_seconds = size, seconds
        elif size == self._least_size:
            self._least_seconds += _LEARNING * (seconds - self._least_seconds)
