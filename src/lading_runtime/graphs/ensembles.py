"""One result of several that are alike: their mean, or what most of them say.

Lists and objects are combined part by part, so that the answers of models for many rows are too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .expressions import described


class UnlikeError(Exception):
    """Results that cannot be combined; the message says where and what they are."""


Weights = Sequence[float]
Combination = Callable[[Sequence[Any], Weights, str], Any]


def combine(method: str, values: Sequence[Any], weights: Weights) -> Any:
    """`method` is a key of METHODS, `weights` one number a value. Raises UnlikeError."""
    return _parts(METHODS[method], values, weights, "")


def _parts(single: Combination, values: Sequence[Any], weights: Weights, where: str) -> Any:
    first = values[0]
    if isinstance(first, list) and all(isinstance(x, list) for x in values):
        if any(len(x) != len(first) for x in values):
            raise UnlikeError(f"{_at(where)}lists of different lengths: {_lengths(values)}")
        columns = zip(*values)  # noqa: B905 - from Python 3.10; just compared
        return [_parts(single, x, weights, f"{where}[{i}]") for i, x in enumerate(columns)]
    if isinstance(first, dict) and all(isinstance(x, dict) for x in values):
        if any(x.keys() != first.keys() for x in values):
            raise UnlikeError(f"{_at(where)}objects with different fields: {_several(values)}")
        return {
            name: _parts(single, [x[name] for x in values], weights, f"{where}.{name}")
            for name in first
        }
    return single(values, weights, where)


def _mean(values: Sequence[Any], weights: Weights, where: str) -> Any:
    """Where one says null, which is what NaN is in JSON, the mean is null as well."""
    if any(x is None for x in values):
        return None
    if not all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in values):
        raise UnlikeError(f"{_at(where)}expected numbers, came {_several(values)}")
    try:
        return math.fsum(x * w for x, w in zip(values, weights)) / math.fsum(weights)  # noqa: B905
    except (OverflowError, ValueError):
        raise UnlikeError(f"{_at(where)}the numbers are too large to be added") from None


def _vote(values: Sequence[Any], weights: Weights, where: str) -> Any:
    """The value with the most weight; of several such, the one that came first."""
    counted: list[tuple[Any, float]] = []
    for value, weight in zip(values, weights):  # noqa: B905 - from Python 3.10
        for place, (known, sum_) in enumerate(counted):
            if known == value and isinstance(known, bool) is isinstance(value, bool):
                counted[place] = (known, sum_ + weight)
                break
        else:
            counted.append((value, weight))
    return max(counted, key=lambda one: one[1])[0]


METHODS: dict[str, Combination] = {"mean": _mean, "vote": _vote}


def _at(where: str) -> str:
    return f"at {where.lstrip('.')}: " if where else ""


def _several(values: Sequence[Any]) -> str:
    return " and ".join(dict.fromkeys(map(described, values)))


def _lengths(values: Sequence[Any]) -> str:
    return ", ".join(str(len(x)) for x in values)
