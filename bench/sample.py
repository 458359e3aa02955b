"""Durations that were measured, and taking them by turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Action = Callable[[], object]

REST_SECONDS = 0.25
"""Before each measurement: what ended leaves work behind, in daemons and in the kernel, that is not
the next one's."""


@dataclass(frozen=True)
class Sample:
    """Repetitions of one measurement, in the order they were made; seconds unless said."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def over(self, other: Sample) -> Sample:
        """The ratio of each repetition to the one of `other` that ran beside it."""
        return Sample(tuple(a / b for a, b in zip(self.values, other.values, strict=True)))

    def plus(self, other: Sample) -> Sample:
        """Each repetition and the one of `other` that belongs to it."""
        return Sample(tuple(a + b for a, b in zip(self.values, other.values, strict=True)))

    def less(self, other: Sample) -> Sample:
        """What each repetition took more than the one of `other` that ran beside it."""
        return Sample(tuple(a - b for a, b in zip(self.values, other.values, strict=True)))


def seconds(action: Action) -> float:
    """How long a call takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def by_turns(times: int, sides: Mapping[str, Callable[[], float]]) -> dict[str, Sample]:
    """`times` rounds of all sides; each side returns what it measured. The order of the sides is
    turned round after every round, so that none always follows the same other one."""
    values: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(times):
        for name in _turned(list(sides), number):
            time.sleep(REST_SECONDS)
            values[name].append(sides[name]())
    return {name: Sample(tuple(taken)) for name, taken in values.items()}


def _turned(names: Sequence[str], number: int) -> list[str]:
    return list(names if number % 2 == 0 else reversed(names))
