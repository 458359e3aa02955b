"""Together or in halves, over batches of callers that always ask again, on a simulated clock."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lading_runtime.batching.turns import Turns

CALLERS = 64
Seconds = Callable[[int], float]


def served(turns: Turns, batch: Seconds, asking: Seconds, batches: int) -> float:
    """Requests a second, over the second half of so many batches."""
    now, sizes, begun = 10.0, 0, 0.0
    for number in range(batches):
        size = turns.enough(CALLERS)
        answered_meanwhile = size < CALLERS
        idle = max(0.0, asking(size) - batch(size)) if answered_meanwhile else asking(size)
        now += batch(size) + idle
        turns.went(size, idle / batch(size), now)
        if number == batches // 2:
            sizes, begun = 0, now
        sizes += size
    return sizes / (now - begun)


@pytest.mark.parametrize(
    ("batch", "asking", "halves"),
    [
        (lambda size: 0.0013 + size * 4e-6, lambda size: size * 3e-5, True),
        (lambda size: 0.002, lambda size: size * 1e-5, False),
        (lambda size: 0.0002, lambda size: 0.0005 + size * 1e-5, False),
    ],
    ids=["idle half of the time", "a batch costs the same at any size", "asking is what takes"],
)
def test_what_answers_more_in_a_second_stays(batch: Seconds, asking: Seconds, halves: bool) -> None:
    better = CALLERS // 2 if halves else CALLERS
    cycle = max(batch(better), asking(better)) if halves else batch(better) + asking(better)
    assert served(Turns(), batch, asking, 4000) > 0.95 * better / cycle


@pytest.mark.parametrize("idle", [0.1, 3.0])
def test_nothing_is_tried_where_the_worker_is_hardly_idle_or_hardly_busy(idle: float) -> None:
    turns = Turns()
    for number in range(2000):
        turns.went(CALLERS, idle, 10 + number * 0.02)
        assert turns.enough(CALLERS) == CALLERS


def test_few_callers_always_go_together() -> None:
    turns = Turns()
    turns.halves = True
    assert [turns.enough(callers) for callers in (1, 2, 7)] == [1, 2, 7]
    assert [turns.enough(callers) for callers in (8, 9, 64)] == [4, 5, 32]


def test_after_a_pause_all_go_together_again() -> None:
    turns = Turns()
    turns.went(32, 0.0, 10.0)
    turns.halves = True
    turns.went(32, 0.0, 10.1)
    assert turns.halves
    turns.went(32, 0.0, 10.5)
    assert not turns.halves
