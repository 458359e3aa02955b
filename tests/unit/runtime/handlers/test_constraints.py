"""Constraints in Annotated, whichever library wrote them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypedDict

import annotated_types as at
import msgspec
import pydantic
import pytest
from pydantic import v1

from lading_runtime.dataplane.openapi import document
from lading_runtime.handlers.handler import HandlerError
from tests.unit.runtime.dataplane.calls import call, faults, plane

Small = Annotated[int, at.Interval(ge=0, lt=10)]


@pytest.mark.parametrize(
    ("hint", "good", "bad", "expected"),
    [
        (Annotated[int, at.Ge(0), at.Le(3)], "3", "4", "int <= 3"),
        (Small, "9", "10", "int <= 9"),
        (Annotated[str, at.MinLen(2)], '"ab"', '"a"', "str of length >= 2"),
        (Annotated[list[int], at.Len(1, 2)], "[1]", "[]", "array of length >= 1"),
        (Annotated[int, at.MultipleOf(4)], "8", "6", "int that's a multiple of 4"),
        (Annotated[int, pydantic.Field(gt=0)], "1", "0", "int >= 1"),
        (
            Annotated[str, pydantic.Field(pattern="^a+$")],
            '"aa"',
            '"b"',
            "str matching regex '^a+$'",
        ),
        (Annotated[int, v1.Field(le=5)], "5", "6", "int <= 5"),
        (Annotated[str, v1.Field(regex="^a+$")], '"a"', '"b"', "str matching regex '^a+$'"),
        (Annotated[int, msgspec.Meta(ge=2)], "2", "1", "int >= 2"),
        (Annotated[int | None, at.Ge(0)], "null", "-1", "int >= 0"),
        (pydantic.PositiveInt, "1", "0", "int >= 1"),
        (pydantic.constr(min_length=1), '"a"', '""', "str of length >= 1"),
    ],
)
def test_a_constraint_is_honoured(hint: Any, good: str, bad: str, expected: str) -> None:
    def predict(x) -> None: ...

    predict.__annotations__ = {"x": hint}
    served = plane(predict)
    assert served.read(call(b'{"x": %s}' % good.encode())) == {
        "x": msgspec.json.decode(good.encode())
    }
    ((field, wanted, _),) = faults(served, call(b'{"x": %s}' % bad.encode()))
    assert (field, wanted) == ("x", expected)


def test_one_within_containers_is_honoured_and_shown() -> None:
    def predict(
        rows: list[dict[str, Small]],
        title: Annotated[str, pydantic.Field(description="what it is called", max_length=3)],
    ) -> None: ...

    served = plane(predict)
    assert faults(served, call(b'{"rows": [{"a": 1}, {"b": 12}], "title": "long"}')) == [
        ("rows[1][...]", "int <= 9", "another"),
        ("title", "str of length <= 3", '"long"'),
    ]
    content = document("s", served.handler.signature)["paths"]["/s/predict"]["post"]["requestBody"]
    properties = content["content"]["application/json"]["schema"]["properties"]
    assert properties["title"] == {
        "type": "string", "maxLength": 3, "description": "what it is called",
    }  # fmt: skip
    assert properties["rows"]["items"]["additionalProperties"] == {
        "type": "integer", "minimum": 0, "exclusiveMaximum": 10,
    }  # fmt: skip


def test_what_cannot_be_checked_is_refused_by_name() -> None:
    def predict(x: Annotated[str, at.Predicate(str.islower)]) -> None: ...

    with pytest.raises(HandlerError, match="Predicate in Annotated cannot be checked"):
        plane(predict)


Share = Annotated[float, at.Interval(ge=0, le=1)]


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Box:
    share: Share
    names: dict[Colour, Annotated[str, at.MinLen(1)]] = field(default_factory=dict)
    when: datetime | None = None


class Keyed(TypedDict, total=False):
    boxes: list[Box]
    limit: Annotated[int | None, pydantic.Field(gt=0)]


class Named(NamedTuple):
    other: int
    share: Share = 0.5


class Shaped(msgspec.Struct, rename="camel"):
    the_share: Share
    named: Named | None = None


def nested(keyed: Keyed, shaped: Shaped | None = None) -> None: ...


def test_fields_of_classes_are_held_to_theirs() -> None:
    good = {
        "boxes": [{"share": 1, "names": {"red": "a"}, "when": "2026-01-02T00:00:00Z"}],
        "limit": 1,
    }
    body = {"keyed": good, "shaped": {"theShare": 1, "named": [1, 0.5]}}
    arguments = plane(nested).read(call(msgspec.json.encode(body)))
    assert type(arguments["keyed"]["boxes"][0]) is Box
    assert arguments["shaped"] == Shaped(1.0, Named(1, 0.5))
    assert plane(nested).read(call(b'{"keyed": {}}')) == {"keyed": {}}


@pytest.mark.parametrize(
    ("body", "place", "expected"),
    [
        (b'{"keyed": {"boxes": [{"share": 2}]}}', "keyed.boxes[0].share", "float <= 1.0"),
        (b'{"keyed": {"limit": 0}}', "keyed.limit", "int >= 1"),
        (
            b'{"keyed": {"boxes": [{"share": 1, "names": {"red": ""}}]}}',
            "keyed.boxes[0].names[...]",
            "str of length >= 1",
        ),
        (b'{"keyed": {}, "shaped": {"theShare": 2}}', "shaped.the_share", "float <= 1.0"),
        (
            b'{"keyed": {}, "shaped": {"theShare": 1, "named": [1, 2]}}',
            "shaped.named[1]",
            "float <= 1.0",
        ),
    ],
)
def test_a_field_past_its_constraint_is_named(body: bytes, place: str, expected: str) -> None:
    ((where, wanted, _),) = faults(plane(nested), call(body))
    assert (where, wanted) == (place, expected)


def test_constraints_of_fields_are_shown() -> None:
    schemas = document("s", plane(nested).handler.signature)["components"]["schemas"]
    share = {"type": "number", "minimum": 0, "maximum": 1}
    assert schemas["Box"]["properties"]["share"] == share
    assert schemas["Shaped"]["properties"]["theShare"] == share
