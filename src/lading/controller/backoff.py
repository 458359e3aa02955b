"""When a replica that ended may be started again."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0
FORGIVEN_AFTER_SECONDS = 60.0


@dataclass(frozen=True)
class Backoff:
    """Immutable; each event gives the next one. Times are in seconds of one monotonic clock.

    The first restart of a replica that had been ready is immediate. One that ends again and again
    waits 0.5 s, 1 s, 2 s … up to 30 s, until it has run for a minute.
    """

    ends: int = 0
    failures: int = 0
    """Ends in a row without having been ready."""
    not_before: float = 0.0
    last_end: float = float("-inf")

    def ended(self, now: float, was_ready: bool) -> Backoff:
        forgiven = now - self.last_end > FORGIVEN_AFTER_SECONDS
        ends = 1 if forgiven else self.ends + 1
        failures = 0 if was_ready else self.failures + 1
        quick = ends == 1 and was_ready
        wait = 0.0 if quick else min(FIRST_SECONDS * 2.0 ** (ends - 1), LONGEST_SECONDS)
        return Backoff(ends, failures, now + wait, now)

    def ready(self) -> Backoff:
        return Backoff(self.ends, 0, self.not_before, self.last_end)

    def may_start(self, now: float) -> bool:
        return now >= self.not_before
