"""What the tests serve; written as for Python 3.9."""

# ruff: noqa: UP006, UP035, UP037, UP045, PLR0917

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Dict, List, Literal, Optional, TypedDict


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Box:
    width: int
    label: str = ""


class Options(TypedDict):
    deep: Dict[str, List[float]]


class Reader:
    def predict(
        self,
        image: bytes,
        box: Box,
        language: Literal["eng", "deu"] = "eng",
        colour: Colour = Colour.RED,
        when: Optional[datetime] = None,
        options: Optional[Options] = None,
        tags: Optional[List[str]] = None,
    ) -> Dict[str, Any]:
        return {
            "bytes": len(image),
            "box": box,
            "language": language,
            "colour": colour,
            "when": when,
            "options": options,
            "tags": tags,
        }


@dataclass
class Tree:
    child: "Optional[Tree]" = None


def grows(tree: Tree) -> Tree:
    return tree


def echo(value: Any) -> Any:
    return value


def files(images: List[bytes], note: str = "") -> List[int]:
    return [len(image) for image in images]


def square(number: int) -> int:
    return number * number


def slow(seconds: float, tag: int = 0) -> int:
    time.sleep(seconds)
    return tag


async def awaits(seconds: float, tag: int = 0) -> int:
    await asyncio.sleep(seconds)
    return tag


async def blocks(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def raises(number: int) -> int:
    if number == 0:
        raise StopIteration("a secret of the handler")
    if number == 1:
        raise SystemExit(9)
    return number


def returns_object(number: int) -> Any:
    return object() if number else float("nan")


def no_arguments() -> str:
    return "here"


def stream(number: int):
    yield number


def untyped(number):
    return number


class LoadsSlowly:
    def __init__(self) -> None:
        time.sleep(1.0)

    def predict(self, number: int) -> int:
        return number


class CannotLoad:
    def __init__(self) -> None:
        raise RuntimeError("the weights are gone")

    def predict(self, number: int) -> int:
        return number
