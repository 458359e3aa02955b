"""Sets as arguments: what their items may be, and what comes of items that have no hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
import pytest

from lading_runtime.handlers.handler import HandlerError
from tests.unit.runtime.dataplane.calls import call, faults
from tests.unit.runtime.dataplane.calls import plane_of as plane


class Struct(msgspec.Struct):
    a: int


class Hashing(msgspec.Struct):
    a: int

    def __hash__(self) -> int:
        return self.a


@dataclass
class Point:
    a: int


@dataclass(frozen=True)
class Fixed:
    a: int


@pytest.mark.parametrize(
    "hint",
    [
        set[list[int]],
        frozenset[dict[str, int]],
        list[set[list[int]]],
        set[tuple[list[int], int]],
        set[tuple[list[int], ...]],
        set[Struct],
        set[Point],
        set[np.typing.NDArray[np.float32]],
    ],
)
def test_items_without_a_hash_are_refused_when_the_handler_is_loaded(hint: Any) -> None:
    with pytest.raises(HandlerError, match=r"'x' of predict .*: the items of a set need a hash"):
        plane(hint)


@pytest.mark.parametrize("hint", [set[Hashing], set[Fixed]])
def test_classes_with_a_hash_are_items(hint: Any) -> None:
    (item,) = plane(hint).read(call(b'{"x": [{"a": 1}]}'))["x"]
    assert item.a == 1


@pytest.mark.parametrize(
    "hint",
    [set[int], set[int | None], set[frozenset[int]], set[Annotated[int, msgspec.Meta(ge=0)]]],
)
def test_items_that_have_a_hash_are_served(hint: Any) -> None:
    assert plane(hint).read(call(b'{"x": []}'))["x"] == set()


@pytest.mark.parametrize("hint", [set, set[Any], list[set[Any]]])
def test_items_of_any_kind_are_told_when_they_have_none(hint: Any) -> None:
    body = b'{"x": [[[1]]]}'
    came = ("single values in a set", "an array or an object")
    assert faults(plane(hint), call(body)) == [("x", *came)]
