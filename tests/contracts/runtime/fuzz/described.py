"""A handler with every kind of type that OpenAPI describes; its answers are what it was given."""

# ruff: noqa: PLR0917
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Literal, TypedDict

import msgspec


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


Moment = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass
class Box:
    width: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    label: Annotated[str, msgspec.Meta(max_length=8)] = ""
    inner: Box | None = None


class Options(TypedDict, total=False):
    deep: dict[str, list[float]]


class Point(msgspec.Struct):
    x: float
    y: float = 0.0


@dataclass
class Page:
    boxes: list[Box]
    language: Literal["eng", "deu"]
    colours: list[Colour]
    at: Moment | None
    day: date | None
    options: Options
    points: list[Point]
    number: int | str | None = None
    pair: tuple[int, str] = (0, "")
    words: dict[str, int] = field(default_factory=dict)


def read(
    boxes: Annotated[list[Box], msgspec.Meta(max_length=3)] = [],  # noqa: B006
    language: Literal["eng", "deu"] = "eng",
    colours: tuple[Colour, ...] = (),
    at: Moment | None = None,
    day: date | None = None,
    options: Options = {},  # noqa: B006 - never changed
    points: list[Point] = [],  # noqa: B006
    number: int | str | None = None,
    ratio: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.5,
    pair: tuple[int, str] = (0, ""),
    words: dict[str, int] = {},  # noqa: B006
) -> Page:
    assert 0 < ratio < 1
    colour_list = list(colours)
    return Page(boxes, language, colour_list, at, day, options, points, number, pair, words)


def measure(images: list[bytes], note: str = "", box: Box | None = None) -> dict[str, int]:
    return {"images": len(images), "bytes": sum(map(len, images)), "note": len(note)}


def lie(number: int = 0) -> int:
    return "not a number"  # type: ignore[return-value]
