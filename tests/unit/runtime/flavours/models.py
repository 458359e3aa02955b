"""Small models, and requests to them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lading_runtime.handlers.handler import Handler
from lading_runtime.problem import Fault, Problem

Array = NDArray[Any]


def table(rows: int = 60, features: int = 4) -> tuple[Array, Array]:
    """Features, and one of three classes for each row."""
    random = np.random.default_rng(7)
    features_of_rows = random.normal(size=(rows, features))
    return features_of_rows, (np.abs(features_of_rows[:, 0]) * 2).astype(int).clip(0, 2)


def ask(handler: Handler, *requests: Any, **arguments: Any) -> list[Any]:
    """What each request's `inputs` gives, all in one batch."""
    assert handler.predict_batch is not None
    given: list[Any] = handler.predict_batch([{"inputs": x, **arguments} for x in requests])
    return given


def faults(handler: Handler, inputs: Any, **arguments: Any) -> tuple[Fault, ...]:
    """What is wrong with a request alone."""
    with pytest.raises(Problem) as refused:
        ask(handler, inputs, **arguments)
    assert refused.value.code == "invalid_argument"
    return refused.value.faults
