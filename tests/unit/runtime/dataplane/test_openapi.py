"""The OpenAPI document is valid, and says all that the signature does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import annotated_types as at
import msgspec
import numpy as np
import pandas as pd
import pydantic
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from PIL import Image

from tests.unit.runtime.dataplane.calls import plane


class Colour(Enum):
    RED = "red"


class Point(NamedTuple):
    x: int
    y: int = 0


class Keyed(TypedDict, total=False):
    deep: dict[str, list[int]]


@dataclass
class Tree:
    children: list[Tree]
    value: int = 1


class Leaf(pydantic.BaseModel):
    parent: Leaf | None = None
    colour: Colour = Colour.RED


def everything(  # noqa: PLR0917
    image: bytes,
    array: np.ndarray,
    tree: Tree,
    leaf: Leaf,
    point: Point,
    keyed: Keyed,
    picture: Image.Image | None = None,
    when: datetime | None = None,
    colour: Colour = Colour.RED,
    share: Annotated[float, at.Interval(ge=0, le=1)] = 0.5,
    language: Literal["eng", "deu"] = "eng",
) -> dict[str, Any]: ...


def one_array(x: np.typing.NDArray[np.float32]) -> np.ndarray: ...
def one_frame(rows: pd.DataFrame) -> pd.DataFrame: ...
def one_file(image: bytes) -> bytes: ...
def one_picture(picture: Image.Image) -> Image.Image: ...
def nothing() -> None: ...
def untold(x: int): ...
def one_text(text: str) -> str: ...


def words(text: str) -> Iterator[str]: ...


class Batched:
    def predict_batch(self, inputs: list[Leaf]) -> list[Tree]: ...


ARROW = "application/vnd.apache.arrow.stream"
NPY = "application/x-npy"


class BatchedFields:
    def predict_batch(self, inputs: list[Tree]) -> list[Point]: ...


def described(target: Any) -> dict[str, Any]:
    document = msgspec.json.decode(plane(target).describe().body)
    OpenAPIV31SpecValidator(document).validate()
    return document["paths"]["/s/predict"]["post"]


@pytest.mark.parametrize(
    "target",
    [everything, one_array, one_frame, one_file, one_picture, nothing, untold, words,
     Batched(), BatchedFields()],
)  # fmt: skip
def test_it_is_valid_for_every_signature(target: Any) -> None:
    operation = described(target)
    assert {"429", "503", "422", "500"} <= operation["responses"].keys()
    assert "headers" in operation["responses"]["429"]


@pytest.mark.parametrize(
    ("target", "bodies", "results"),
    [
        (everything, set(), set()),
        (
            one_array,
            {"application/octet-stream", "application/x-npy", ARROW},
            {"application/x-npy"},
        ),
        (one_frame, {ARROW}, {ARROW}),
        (one_text, {ARROW}, set()),
        (one_file, {"application/octet-stream"}, {"application/octet-stream"}),
        (one_picture, {"application/octet-stream"}, {"image/png"}),
    ],
)
def test_media_types_are_those_that_the_types_allow(
    target: Callable[..., Any], bodies: set[str], results: set[str]
) -> None:
    operation = described(target)
    assert operation["requestBody"]["content"].keys() == {
        "application/json",
        "multipart/form-data",
        *bodies,
    }
    assert operation["responses"]["200"]["content"].keys() == {"application/json", *results}


def test_arguments_show_constraints_defaults_and_files() -> None:
    content = described(everything)["requestBody"]["content"]
    properties = content["application/json"]["schema"]["properties"]
    assert properties["share"] == {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5}
    assert properties["language"] == {"enum": ["deu", "eng"], "default": "eng"}
    assert properties["colour"] == {"$ref": "#/components/schemas/Colour", "default": "red"}
    fields = content["multipart/form-data"]["schema"]["properties"]
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    assert fields["image"] == file
    assert fields["picture"] == {**file, "default": None}


def test_a_batch_is_described_as_one_request() -> None:
    operation = described(BatchedFields())
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["children"]
    assert schema["properties"]["value"] == {"type": "integer", "default": 1}
    result = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert result == {"$ref": "#/components/schemas/Point"}
    schema = described(Batched())["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"].keys() == {"parent", "colour"}
    assert schema["required"] == []


def test_a_stream_is_described_as_events_of_its_items() -> None:
    content = described(words)["responses"]["200"]["content"]
    assert content == {
        "text/event-stream": {
            "schema": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"type": "string"},
            }
        }
    }
