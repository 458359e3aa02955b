"""Values of the right JSON type that are wrong all the same, and how that is said."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

import pytest

from lading_runtime.problem import Problem
from tests.unit.runtime.dataplane.calls import call, faults
from tests.unit.runtime.dataplane.calls import plane_of as plane


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Even:
    number: int

    def __post_init__(self) -> None:
        if self.number % 2:
            raise ValueError("number must be even")


@dataclass
class Painted:
    colour: Colour


class Pair(NamedTuple):
    left: int
    colour: Colour


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (bytes, "bytes in base64"),
        (UUID, "a UUID"),
        (date, "a date as in RFC 3339, such as '2030-12-31'"),
        (time, "a time as in RFC 3339, such as '23:59:59Z'"),
        (timedelta, "a duration as in ISO 8601, such as 'PT90S'"),
        (Decimal, "a decimal number"),
        (Literal["a", "b"], "one of 'a', 'b'"),
        (Colour, "one of 'red', 'blue'"),
    ],
)
def test_a_form_is_called_what_it_is(hint: Any, expected: str) -> None:
    assert faults(plane(hint), call(b'{"x": "!"}')) == [("x", expected, '"!"')]
    assert faults(plane(list[hint]), call(b'{"x": ["!"]}')) == [("x[0]", expected, '"!"')]


@pytest.mark.parametrize(
    ("hint", "value", "path"),
    [
        (list[Painted], b'[{"colour": "!"}]', "[0].colour"),
        (dict[str, Colour], b'{"a": "!"}', "[...]"),
        (tuple[int, Colour], b'[1, "!"]', "[1]"),
        (tuple[Colour, ...], b'["red", "!"]', "[1]"),
        (Pair, b'[1, "!"]', "[1]"),
        (Painted | None, b'{"colour": "!"}', ".colour"),
    ],
)
def test_choices_are_named_wherever_they_are(hint: Any, value: bytes, path: str) -> None:
    ((field, expected, _),) = faults(plane(hint), call(b'{"x": ' + value + b"}"))
    assert (field, expected) == ("x" + path, "one of 'red', 'blue'")


def test_what_a_class_itself_refuses_is_said_in_its_words() -> None:
    with pytest.raises(Problem) as raised:
        plane(list[Even]).read(call(b'{"x": [{"number": 2}, {"number": 3}]}'))
    assert raised.value.detail == "x[1]: number must be even"
    assert raised.value.faults == (("x[1]", "number must be even", '{"number":3}'),)
