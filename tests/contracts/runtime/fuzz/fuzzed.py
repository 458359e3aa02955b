"""The handlers whose bodies are fuzzed: every kind of argument there is."""

# ruff: noqa: PLR0917
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import numpy
from numpy.typing import NDArray


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Box:
    width: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    label: Annotated[str, msgspec.Meta(max_length=8)] = ""


@dataclass
class Tree:
    name: str
    children: list[Tree] = field(default_factory=list)


class Options(TypedDict, total=False):
    deep: dict[str, list[float]]


def everything(
    image: bytes = b"",
    files: list[bytes] | None = None,
    box: Box | None = None,
    tree: Tree | None = None,
    language: Literal["eng", "deu"] = "eng",
    colour: Colour = Colour.RED,
    when: datetime | None = None,
    options: Options | None = None,
    number: int | float | str = 0,
    rows: NDArray[numpy.float32] | None = None,
    any_rows: numpy.ndarray | None = None,
    value: Any = None,
) -> None:
    pass


def array(rows: numpy.ndarray) -> None:
    pass


def numbers(rows: NDArray[numpy.float64]) -> None:
    pass
