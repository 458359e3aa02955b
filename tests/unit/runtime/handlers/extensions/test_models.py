"""pydantic's models of both versions, wherever they stand in a hint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
import pydantic
import pytest
from pydantic import v1

from lading_runtime.dataplane.openapi import document
from tests.unit.runtime.dataplane.calls import call, faults, plane


class Inner(pydantic.BaseModel):
    numbers: list[int]


class Newer(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    inner: Inner
    share: float = pydantic.Field(1.0, ge=0, alias="theShare")


class OldInner(v1.BaseModel):
    numbers: list[int]


class Older(v1.BaseModel):
    inner: OldInner
    share: float = v1.Field(1.0, ge=0, alias="theShare")

    class Config:
        extra = "forbid"


class Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)
    day: date


@dataclass
class Holder:
    newer: list[Newer]
    older: Older | None = None


def predict(newer: Newer, older: Older, holder: Holder | None = None) -> Any:
    return [newer, older, holder]


GOOD = {"inner": {"numbers": [1]}, "theShare": 0.5}
BAD = {"inner": {"numbers": [1, "x"]}, "theShare": -1, "more": 1}


def body(value: Any, **others: Any) -> bytes:
    return msgspec.json.encode({"newer": value, "older": value, **others})


def test_models_are_read_by_alias_and_written_by_alias() -> None:
    served = plane(predict)
    arguments = served.read(call(body(GOOD, holder={"newer": [GOOD], "older": GOOD})))
    assert isinstance(arguments["newer"], Newer)
    assert isinstance(arguments["older"], Older)
    assert arguments["holder"].newer == [arguments["newer"]]
    answer = msgspec.json.decode(served.write(predict(**arguments), call()).body)
    assert answer == [GOOD, GOOD, {"newer": [GOOD], "older": GOOD}]


def test_every_error_of_a_model_is_named_by_its_path() -> None:
    newer = [
        ("inner.numbers[1]", '"x"'),
        ("theShare", "-1"),
        ("more", "one"),
    ]
    found = faults(plane(predict), call(body(BAD, holder={"newer": [GOOD, BAD]})))
    places = [(field, came) for field, _, came in found]
    assert places == [
        *[(f"newer.{field}", came) for field, came in newer],
        *[(f"older.{field}", came) for field, came in newer],
        *[(f"holder.newer[1].{field}", came) for field, came in newer],
    ]
    assert found[1][1] == "greater than or equal to 0"
    assert found[2][1] == "no such field"
    assert found[4][1] == "ensure this value is greater than or equal to 0"


@pytest.mark.parametrize("value", [None, 3, [], "x"])
def test_what_is_no_object_is_said_at_the_argument(value: Any) -> None:
    fields = [field for field, _, _ in faults(plane(predict), call(body(value)))]
    assert fields == ["newer", "older"]


def test_a_strict_model_takes_what_json_has_for_a_date() -> None:
    def strict(given: Strict) -> Strict:
        return given

    served = plane(strict)
    text = b'{"given": {"day": "2026-01-02"}}'
    assert served.read(call(text)) == {"given": Strict(day=date(2026, 1, 2))}


def test_openapi_holds_the_schemas_that_models_refer_to() -> None:
    described = document("s", plane(predict).handler.signature)
    schemas = described["components"]["schemas"]
    arguments = described["paths"]["/s/predict"]["post"]["requestBody"]["content"]
    newer = arguments["application/json"]["schema"]["properties"]["newer"]
    assert newer["properties"]["theShare"]["minimum"] == 0
    assert newer["properties"]["inner"] == {"$ref": "#/components/schemas/Newer.Inner"}
    assert schemas["Newer.Inner"]["required"] == ["numbers"]
    assert schemas["Older.OldInner"]["required"] == ["numbers"]
