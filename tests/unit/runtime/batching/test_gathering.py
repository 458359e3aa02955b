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
    inside: int = 0
    line: list[float] = field(default_factory=list)
    batches: list[tuple[float, list[float], float]] = field(default_factory=list)
    """When it went, when each of it came, and since when the worker was free for it."""

    def __post_init__(self) -> None:
        self.gathering = Gathering(self.most, self.wait_seconds)

    def run(self, arrivals: Sequence[float]) -> None:
        coming = list(arrivals)
        while coming or self.line:
            if self.inside and self.now >= self.free_at:
                self._free()
            wakes = self.free_at if self.inside else float("inf")
            if self.line and not self.inside:
                wait = self.gathering.wait(len(self.line), self.now)
                if wait <= 0:
                    self._go()
                    continue
                wakes = self.now + wait
            if coming and coming[0] <= wakes:
                self.now = max(self.now, coming.pop(0))
                self.line.append(self.now)
            else:
                self.now = wakes

    def _go(self) -> None:
        size = min(len(self.line), self.most)
        self.gathering.gone(len(self.line), self.now)
        taken, self.line = self.line[:size], self.line[size:]
        self.batches.append((self.now, taken, self.free_at))
        self.inside = size
        self.free_at = self.now + self.batch_seconds

    def _free(self) -> None:
        self.gathering.took(self.inside, self.batch_seconds)
        self.gathering.freed(self.inside, len(self.line), self.now)
        self.inside = 0


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
        longest = 0 if number == 0 else min(wait_seconds, 2 * batch_seconds)
        assert went - max(taken[0], free_since) <= longest + ROUNDING_SECONDS
        assert went <= max(taken[0], free_since + longest) + ROUNDING_SECONDS


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
    gathering.took(1, batch_seconds)
    now = 0.0
    for _ in range(rounds):
        gathering.freed(callers, 0, now)
        for waiting in range(1, callers):
            now += batch_seconds / callers
            assert gathering.wait(waiting, now) > 0
        assert gathering.wait(callers, now) == 0
        gathering.gone(callers, now)


def test_two_halves_that_take_turns_become_one() -> None:
    gathering = Gathering(64, 0.002)
    gathering.took(1, 0.001)
    gathering.freed(32, 32, 10.0)
    assert gathering.wait(32, 10.0) == pytest.approx(0.002)
    assert gathering.wait(64, 10.0009) == 0


def test_who_came_late_once_is_awaited_again() -> None:
    gathering = Gathering(64, 0.002)
    gathering.took(1, 0.001)
    now = 10.0
    gathering.freed(40, 0, now)
    assert gathering.wait(20, now + 0.001) > 0
    gathering.gone(20, now + 0.003)
    for _ in range(60):
        now += 0.01
        gathering.freed(40, 0, now)
        came = next(many for many in range(1, 41) if gathering.wait(many, now + 0.001) == 0)
        gathering.gone(came, now + 0.001)
    assert came == 40


def test_those_who_do_not_return_are_awaited_less_and_less() -> None:
    gathering = Gathering(64, 0.002)
    gathering.took(1, 0.001)
    waits = []
    for number in range(20):
        gathering.freed(4, 1, number * 1.0)
        waits.append(gathering.wait(1, number * 1.0))
        gathering.gone(1, number * 1.0)
    assert waits[0] == pytest.approx(0.002)
    assert sum(wait > 0 for wait in waits) < 9


def test_who_comes_long_after_an_answer_does_not_wait() -> None:
    gathering = Gathering(64, 0.002)
    gathering.freed(64, 0, 10.0)
    assert gathering.wait(1, 10.001) > 0
    assert gathering.wait(1, 10.003) == 0


def test_the_wait_counts_from_the_answers() -> None:
    gathering = Gathering(64, 0.002)
    gathering.took(1, 0.01)
    gathering.freed(64, 0, 10.0)
    gathering.told(10.0015)
    assert gathering.wait(3, 10.003) == pytest.approx(0.0005)


def test_a_full_batch_goes_though_more_are_expected() -> None:
    gathering = Gathering(4, 1.0)
    gathering.took(1, 1.0)
    gathering.freed(4, 400, 0.0)
    assert gathering.wait(3, 0.0) == 1.0
    assert gathering.wait(4, 0.0) == 0


def test_answers_of_other_workers_make_nobody_wait_longer_than_the_setting_says() -> None:
    gathering = Gathering(64, 0.1)
    gathering.took(1, 1.0)
    gathering.freed(8, 0, 10.0)
    gathering.told(10.02)
    assert gathering.wait(1, 10.03) == pytest.approx(0.09)
    for now in (10.05, 10.08, 10.11):
        gathering.freed(8, 1, now)
        gathering.told(now)
        assert gathering.wait(1, now) == pytest.approx(10.12 - now)
    assert gathering.wait(1, 10.12) == 0.0
    gathering.gone(1, 10.12)
    gathering.freed(8, 1, 10.2)
    assert gathering.wait(1, 10.2) == pytest.approx(0.1)


def test_callers_that_gave_up_while_they_waited_are_not_held_against_those_that_ask_again() -> None:
    gathering = Gathering(64, 0.1)
    gathering.took(1, 1.0)
    gathering.freed(8, 50, 10.0)
    assert gathering.wait(50, 10.0) > 0
    gathering.gone(1, 10.1)  # 49 of the 50 have gone away
    for number in range(4):
        gathering.freed(8, 0, 11.0 + number)
        for waiting in range(1, 9):
            gathering.wait(waiting, 11.0 + number)
        gathering.gone(8, 11.01 + number)
    gathering.freed(8, 0, 20.0)
    assert gathering.wait(1, 20.0) > 0
