"""When a batch goes, over arrivals of any kind, on a simulated clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading_runtime.batching.gathering import Gathering

ROUNDING_SECONDS = 1e-6
GAPS = st.lists(st.floats(0, 0.05) | st.just(0.0), min_size=1, max_size=60)
"""Seconds between one arrival and the next."""
MOST = st.integers(1, 16)
WAITS = st.floats(0, 0.02)
COSTS = st.floats(1e-5, 0.05)


@dataclass
class Simulation:
    """One worker that is always alive, and requests that come at given moments."""

    most: int
    wait_seconds: float
    batch_seconds: float
    now: float = 0.0
    free_at: float = 0.0
    line: list[float] = field(default_factory=list)
    batches: list[tuple[float, list[float], float]] = field(default_factory=list)
    """When it went, when each of it came, and since when the worker was free for it."""

    def __post_init__(self) -> None:
        self.gathering = Gathering(self.most, self.wait_seconds)

    def run(self, arrivals: Sequence[float]) -> None:
        coming = list(arrivals)
        while coming or self.line:
            if self.line and self.now >= self.free_at:
                wait = self.gathering.wait(len(self.line), self.now)
                if wait <= 0:
                    self._go()
                    continue
                wakes = self.now + wait
            else:
                wakes = max(self.free_at, self.now) if self.line else float("inf")
            if coming and coming[0] <= wakes:
                self.now = max(self.now, coming.pop(0))
                self.line.append(self.now)
            else:
                self.now = wakes

    def _go(self) -> None:
        size = min(len(self.line), self.most)
        taken, self.line = self.line[:size], self.line[size:]
        self.batches.append((self.now, taken, self.free_at))
        self.gathering.gone(size)
        self.gathering.took(self.batch_seconds)
        self.free_at = self.now + self.batch_seconds


def simulated(
    gaps: Sequence[float], most: int, wait_seconds: float, batch_seconds: float
) -> Simulation:
    arrivals = [sum(gaps[: number + 1]) for number in range(len(gaps))]
    simulation = Simulation(most, wait_seconds, batch_seconds)
    simulation.run(arrivals)
    return simulation


@given(GAPS, MOST, WAITS, COSTS)
def test_all_go_once_in_their_order_and_never_too_many_at_a_time(
    gaps: list[float], most: int, wait_seconds: float, batch_seconds: float
) -> None:
    simulation = simulated(gaps, most, wait_seconds, batch_seconds)
    went = [one for _, taken, _ in simulation.batches for one in taken]
    assert len(went) == len(gaps)
    assert went == sorted(went)
    assert all(1 <= len(taken) <= most for _, taken, _ in simulation.batches)


@given(GAPS, MOST, WAITS, COSTS)
def test_nobody_is_kept_from_a_free_worker_longer_than_allowed_or_worth_it(
    gaps: list[float], most: int, wait_seconds: float, batch_seconds: float
) -> None:
    simulation = simulated(gaps, most, wait_seconds, batch_seconds)
    for number, (went, taken, free_since) in enumerate(simulation.batches):
        longest = wait_seconds if number == 0 else min(wait_seconds, batch_seconds)
        assert went - max(taken[0], free_since) <= longest + ROUNDING_SECONDS


@given(st.lists(st.floats(0.06, 1), min_size=1, max_size=20), MOST, WAITS, COSTS)
def test_a_caller_alone_never_waits(
    gaps: list[float], most: int, wait_seconds: float, batch_seconds: float
) -> None:
    """Each comes after the one before it was answered."""
    simulation = simulated(gaps, most, wait_seconds, batch_seconds)
    assert all(went == taken[0] for went, taken, _ in simulation.batches)


@given(st.integers(2, 16), st.integers(1, 10), COSTS)
def test_those_who_return_together_go_together(
    callers: int, rounds: int, batch_seconds: float
) -> None:
    """However far apart their new requests come, if they come within what a wait is worth."""
    gathering = Gathering(16, 10.0)
    gathering.gone(callers)
    gathering.took(batch_seconds)
    now = 0.0
    for _ in range(rounds):
        for waiting in range(1, callers):
            now += batch_seconds / callers / 2
            assert gathering.wait(waiting, now) > 0
        assert gathering.wait(callers, now) == 0
        gathering.gone(callers)


def test_one_who_is_left_of_many_waits_once() -> None:
    gathering = Gathering(64, 0.002)
    gathering.gone(64)
    assert gathering.wait(1, 10.0) == pytest.approx(0.002)
    assert 0 < gathering.wait(1, 10.0015) < 0.001
    assert gathering.wait(1, 10.002) == 0
    gathering.gone(1)
    assert gathering.wait(1, 10.003) == 0


def test_a_full_batch_goes_though_more_are_expected() -> None:
    gathering = Gathering(4, 1.0)
    gathering.gone(400)
    assert gathering.wait(3, 0.0) == 1.0
    assert gathering.wait(4, 0.0) == 0
