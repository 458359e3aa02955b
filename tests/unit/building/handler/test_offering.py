"""What a handler takes and gives, read from its text."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.building.contracts.types import Record, Row
from lading.building.handler.offering import contract

SHAPES = """\
import enum
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, NotRequired, Optional, TypedDict
import msgspec
from pydantic import BaseModel, Field

Rows = list[list[float]]

@dataclass
class Word:
    text: str
    score: float = 0.0

@dataclass(frozen=True)
class Page(Word):
    words: list[Word] = field(default_factory=list)
    count: ClassVar[int] = 3
    def __post_init__(self): self.extra = 1

class Found(TypedDict):
    code: str
    score: NotRequired[float]

class Point(NamedTuple):
    x: int
    y: "Optional[int]"

class Wire(msgspec.Struct): a: int
class Named(msgspec.Struct, rename="camel"): a: int
class Model(BaseModel):
    a: int
    b: str = Field(min_length=1)
    c: str = Field("x")
class Aliased(BaseModel):
    a: int = Field(alias="b")
class Tree(TypedDict):
    below: list["Tree"]
class Color(enum.Enum): RED = 1
"""
HEAD = """\
from __future__ import annotations
import typing as t, numpy as np, shapes
import numpy.typing as npt, PIL.Image, pandas
from shapes import Aliased, Color, Found, Model, Named, Page, Point, Rows, Tree, Wire, Word
"""


def types(folder: Path, parameters: str, returns: str = "", above: str = "") -> str:
    """`predict(<parameters>) -> <returns>`'s arguments and result, in words."""
    (folder / "shapes.py").write_text(SHAPES)
    text = f"{HEAD}{above}\nclass R:\n    def predict(self, {parameters}){returns}: ...\n"
    (folder / "m.py").write_text(text)
    found = contract(folder, "m:R", "3.11")
    assert found is not None
    told = [f"{x}: {one.type}{'' if one.required else '?'}" for x, one in found.arguments.items()]
    return ", ".join(told) + f" -> {found.result}"


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ("a: int, b: str = 'x', *, c: bytes, d: bool | None = None",
         "a: int, b: str?, c: bytes, d: bool | None?"),
        ("a: t.Optional[t.List[int]], b: 't.Union[int, str]'", "a: list[int] | None, b: int | str"),
        ("a: t.Literal['en', 'de'], b: t.Annotated[float, 'x']", 'a: "en" or "de", b: float'),
        ("a: dict[str, list[float]], b: dict, c: t.Sequence[str]",
         "a: dict[str, list[float]], b: dict, c: list[str]"),
        ("a: tuple[int, str], b: tuple[int, ...], c: set[int]",
         "a: [int, str], b: list[int], c: list[int]"),
        ("a: np.ndarray, b: npt.NDArray[np.float32], c: PIL.Image.Image, d: pandas.DataFrame",
         "a: numpy.ndarray, b: NDArray, c: PIL.Image.Image, d: pandas.DataFrame"),
        ("a: Rows, b: shapes.Word, c: list[Page], d: Found",
         "a: list[list[float]], b: Word, c: list[Page], d: Found"),
        ("a: Point, b: Wire, c: Model, d: Tree",
         "a: [int, int | None], b: Wire, c: Model, d: Tree"),
        ("a: Named, b: Aliased, c: Color, d: t.Any, e: Missing",
         "a: any, b: any, c: any, d: any, e: any"),
        ("a: t.Iterable[int], b: 'not python'", "a: any, b: any"),
    ],
)  # fmt: skip
def test_arguments(tmp_path: Path, parameters: str, told: str) -> None:
    assert types(tmp_path, parameters) == f"{told} -> any"


def test_fields_of_classes(tmp_path: Path) -> None:
    types(tmp_path, "a: Page, b: Found, c: Model, d: Tree")
    found = contract(tmp_path, "m:R", "3.11")
    assert found is not None

    def fields(name: str) -> dict[str, str]:
        record = found.arguments[name].type
        assert isinstance(record, Record)
        return {x: f"{one.type}{'' if one.required else '?'}" for x, one in record.fields.items()}

    words = {"text": "str", "score": "float?", "words": "list[Word]?", "extra": "any?"}
    assert fields("a") == words
    assert fields("b") == {"code": "str", "score": "float?"}
    assert fields("c") == {"a": "int", "b": "str", "c": "str?"}
    assert fields("d") == {"below": "list"}
    page = found.arguments["a"]
    assert (page.where.rpartition("/")[2], page.type.where.rpartition("/")[2]) == (  # type: ignore[union-attr]
        "m.py:7",
        "shapes.py:15",
    )


def test_names_that_mean_something_else_are_unknown(tmp_path: Path) -> None:
    assert types(tmp_path, "a: int", above="int = print") == "a: any -> any"
    assert types(tmp_path, "a: int", above="def f():\n    global int\n    int = 3") == (
        "a: any -> any"
    )
    assert types(tmp_path, "a: Word", above="try: pass\nfinally: Word = 3") == "a: any -> any"


def test_results(tmp_path: Path) -> None:
    assert types(tmp_path, "a: int", " -> list[Word]") == "a: int -> list[Word]"
    assert types(tmp_path, "a: int", " -> None") == "a: int -> None"


def read(folder: Path, text: str, handler: str = "m:R") -> str:
    (folder / "m.py").write_text(text)
    found = contract(folder, handler, "3.11")
    if found is None:
        return "unknown"
    told = [f"{x}: {one.type}" for x, one in found.arguments.items()]
    return ", ".join(told) + (" streams" if found.streams else f" -> {found.result}")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def R(a: int) -> str: ...", "a: int -> str"),
        ("async def R(a: int) -> str: ...", "a: int -> str"),
        ("def R(a: int): yield a", "a: int streams"),
        ("from typing import Iterator\ndef R(a: int) -> Iterator[str]: ...", "a: int streams"),
        ("class B:\n def predict(self, a: int) -> str: ...\nclass R(B): ...", "a: int -> str"),
        ("class R:\n def predict_batch(self, texts: list[str]) -> list[int]: ...",
         "text: str -> int"),
        ("from typing import TypedDict\nclass I(TypedDict):\n a: int\n"
         "class R:\n def predict_batch(self, inputs: list[I]) -> list[I]: ...", "a: int -> I"),
        ("class R:\n def predict(self, text: str) -> int: ...\n"
         " def predict_batch(self, texts: list[str]) -> list[int]: ...", "text: str -> int"),
        ("from typing import Any, TypedDict\nclass I(TypedDict):\n a: int\n b: str\n"
         "class R:\n def predict(self, a: Any, b: str) -> int: ...\n"
         " def predict_batch(self, inputs: list[I]) -> list[str]: ...", "a: any, b: str -> any"),
        ("class R:\n def predict(self, a: int): ...\n predict_batch = print", "unknown"),
        ("import numpy\nclass R:\n def predict_batch(self, inputs: numpy.ndarray): ...", "unknown"),
        ("import x\n@x.y\nclass R:\n def predict(self, a: int): ...", "unknown"),
        ("import x\nclass R:\n @x.y\n def predict(self, a: int): ...", "unknown"),
        ("class R(Other):\n def predict(self, a: int): ...", "unknown"),
        ("class R:\n def predict(self, **a: int): ...", "unknown"),
        ("R = print", "unknown"),
        ("not python", "unknown"),
        ("exec('int = 3')\ndef R(a: int): ...", "unknown"),
        ("class Other: ...", "unknown"),
    ],
)  # fmt: skip
def test_handlers_of_every_form(tmp_path: Path, text: str, told: str) -> None:
    assert read(tmp_path, text) == told


def test_a_package_and_its_parts_are_followed(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "__init__.py").write_text("from .inner import Point as P\n")
    (tmp_path / "p" / "inner.py").write_text(
        "from typing import NamedTuple\nclass Point(NamedTuple):\n    x: int\n    y: int\n"
    )
    (tmp_path / "p" / "main.py").write_text("from . import P\ndef predict(a: P) -> P: ...\n")
    found = contract(tmp_path, "p.main:predict", "3.11")
    assert found is not None
    assert isinstance(found.result, Row)
    assert read(tmp_path, "import p\ndef R(a: p.P) -> 'p.inner.Point': ...") == (
        "a: [int, int] -> any"
    )
