"""When what waits should go: how many together, and whether waiting for more is worth it.

A batch costs little more than a single prediction, so a few that start at once keep the many who
come a moment later waiting for a whole batch. But waiting for those who never come is lost time.
Two facts decide:

- *expected*: how many came together lately. One caller alone is never kept waiting, since nobody
  else was there before; sixty-four that were answered together are likely to come back together.
- *seconds of a batch*: waiting longer than a batch takes costs more than it can save, as renting
  skis for longer than buying them costs (Karlin et al., "Competitive snoopy caching", 1988).
"""

from __future__ import annotations

from typing import Optional

_SMOOTHING = 0.2


class Gathering:
    """Of one service. Times are seconds of a monotonic clock."""

    def __init__(self, most: int, wait_seconds: float) -> None:
        self.most = most
        self.expected = 1
        """How many to wait for."""
        self._wait_seconds = wait_seconds
        self._batch_seconds: Optional[float] = None
        self._since: Optional[float] = None

    def wait(self, waiting: int, now: float) -> float:
        """How long those waiting should still wait, at most, for others to join them.

        0 means now: the batch is full, everybody expected is here, or they have waited enough.
        """
        if waiting >= min(self.expected, self.most):
            return 0.0
        if self._since is None:
            self._since = now
        left = self._since + self._longest_seconds() - now
        return max(left, 0.0)

    def gone(self, size: int) -> None:
        """So many went together."""
        self._since = None
        self.expected = size

    def took(self, seconds: float) -> None:
        """The handler needed so long for a batch."""
        before = self._batch_seconds
        self._batch_seconds = (
            seconds if before is None else before + _SMOOTHING * (seconds - before)
        )

    def _longest_seconds(self) -> float:
        if self._batch_seconds is None:
            return self._wait_seconds
        return min(self._wait_seconds, self._batch_seconds)
