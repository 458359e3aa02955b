"""Mean and vote of values that are alike, and what is said of those that are not."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lading_runtime.graphs.ensembles import UnlikeError, combine


@pytest.mark.parametrize(
    ("values", "weights", "mean"),
    [
        ([1, 2], [1, 1], 1.5),
        ([1.0, 4.0], [2, 1], 2.0),
        ([[1, 2], [3, 4]], [1, 1], [2.0, 3.0]),
        ([[[0.5]], [[1.5]]], [1, 3], [[1.25]]),
        ([{"p": [1], "q": 2}, {"p": [3], "q": 4}], [1, 1], {"p": [2.0], "q": 3.0}),
        ([[1, None], [3, 4]], [1, 1], [2.0, None]),
        ([[], []], [1, 1], []),
        ([0.1] * 10, [1] * 10, 0.1),
    ],
)
def test_mean(values: list[Any], weights: list[float], mean: Any) -> None:
    assert combine("mean", values, weights) == mean


@pytest.mark.parametrize(
    ("values", "weights", "most"),
    [
        (["a", "b", "b"], [1, 1, 1], "b"),
        (["a", "b"], [1, 1], "a"),
        (["a", "b", "b"], [3, 1, 1], "a"),
        ([[1, 2], [1, 3], [0, 3]], [1, 1, 1], [1, 3]),
        ([True, 1, 1.0], [1, 1, 1], 1),
        ([{"label": "x"}, {"label": "x"}], [1, 1], {"label": "x"}),
        ([None, 1, None], [1, 1, 1], None),
    ],
)
def test_vote(values: list[Any], weights: list[float], most: Any) -> None:
    found = combine("vote", values, weights)
    assert found == most
    assert isinstance(found, bool) is isinstance(most, bool)


@pytest.mark.parametrize(
    ("method", "values", "told"),
    [
        ("mean", ["a", "b"], "expected numbers, came text"),
        ("mean", [1, True], "expected numbers, came a number and true or false"),
        ("mean", [[1], [1, 2]], "lists of different lengths: 1, 2"),
        ("mean", [{"a": [1]}, {"a": ["x"]}], "at a[0]: expected numbers, came a number and text"),
        ("vote", [{"a": 1}, {"b": 1}], "objects with different fields: an object with 'a' and an "
         "object with 'b'"),
        ("mean", [[1e308], [1e308]], "at [0]: the numbers are too large to be added"),
        ("mean", [10**400, 1], "the numbers are too large to be added"),
        ("mean", [math.inf, -math.inf], "the numbers are too large to be added"),
        ("mean", [1, [1]], "expected numbers, came a number and a list of 1"),
    ],
)  # fmt: skip
def test_what_is_not_alike_is_named(method: str, values: list[Any], told: str) -> None:
    with pytest.raises(UnlikeError) as caught:
        combine(method, values, [1] * len(values))
    assert str(caught.value) == told
