"""A line of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.sample import Sample

Words = Callable[[float], str]


@dataclass(frozen=True)
class Figure:
    """What was measured beside what, in words, and whether the goal was met.

    `met` is None for what has no goal and is told because it explains another line.
    """

    work: str
    ours: str
    theirs: str
    measured: str
    goal: str
    met: bool | None
    sides: str
    """What both sides are."""


def ratio(work: str, ours: Sample, theirs: Sample, most: float | None, sides: str) -> Figure:
    """A duration beside another; the goal is the `most` that their ratio may be."""
    pairs = ours.over(theirs)
    return Figure(
        work,
        spread(ours),
        spread(theirs),
        spread(pairs, times),
        f"≤ {times(most)}" if most is not None else "",
        pairs.median <= most if most is not None else None,
        sides,
    )


def spread(sample: Sample, words: Words | None = None) -> str:
    """The median, and in brackets the smallest and the largest."""
    words = words or duration
    if len(sample.values) == 1:
        return words(sample.median)
    return f"{words(sample.median)} ({words(min(sample.values))} – {words(max(sample.values))})"


def duration(seconds: float) -> str:
    """Three significant digits in the unit that suits: "1.23 s", "45.1 ms", "120 µs"."""
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if abs(seconds) * factor >= 1 or unit == "µs":
            break
    return f"{_digits(seconds * factor)} {unit}"


def size(count: float) -> str:
    """Bytes, as MB of 10⁶."""
    return f"{count / 1e6:.1f} MB"


def times(value: float) -> str:
    """A ratio."""
    return f"{_digits(value)} ×"


def _digits(value: float) -> str:
    amount = abs(value)
    places = 0 if amount >= 100 else 1 if amount >= 10 else 2 if amount >= 1 else 3
    return f"{value:.{places}f}"
