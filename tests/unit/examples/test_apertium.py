"""The example's pipeline of programs, with programs that are on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TRANSLATE = Path(__file__).resolve().parents[3] / "examples" / "translator/services/translate"
# A program that takes -z, flushes, and ends at an exclamation mark.
SHOUT = "sed -u '/!/Q;s/.*/\\U&/'"
Pipelines = Callable[[str], Any]


@pytest.fixture
def apertium(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(TRANSLATE))
    import apertium

    yield apertium
    del sys.modules["apertium"]


@pytest.fixture
def make(apertium: ModuleType, tmp_path: Path) -> Iterator[Pipelines]:
    """make(mode): a pipeline of a mode whose text is given; `shout` is a program of it."""
    made = []

    def make(mode: str) -> Any:
        (tmp_path / "a-b.mode").write_text(mode.replace("shout", SHOUT))
        made.append(apertium.Pipeline("a-b", tmp_path))
        return made[-1]

    yield make
    for pipeline in made:
        pipeline.close()


def test_a_mode_is_read_as_its_programs(apertium: ModuleType) -> None:
    mode = "lt-proc -w '/a/x y.bin' | apertium-tagger -g $2 '/a/b.prob' | lt-proc $1 '/a/c.bin'\n"
    assert apertium.commands(mode) == [
        ["lt-proc", "-z", "-w", "/a/x y.bin"],
        ["apertium-tagger", "-z", "-g", "/a/b.prob"],
        ["lt-proc", "-z", "-n", "/a/c.bin"],
    ]


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("one", "ONE"),
        ("", ""),
        (" \n ", " \n "),
        (" two\nlines. \n", " TWO\nLINES. \n"),
        ("[a] {b} ^c$ /d\\ <e> @ ~", "[A] {B} ^C$ /D\\ <E> @ ~"),
        ("ß\0€", "ß €"),
        ("word " * 2000, "WORD " * 2000),
    ],
)
def test_text_comes_through_a_pipeline_whatever_is_in_it(
    make: Pipelines, text: str, translation: str
) -> None:
    pipeline = make("shout | shout")
    assert pipeline.translate(text) == translation
    assert pipeline.translate("again") == "AGAIN"


def test_programs_that_ended_are_started_again(make: Pipelines) -> None:
    pipeline = make("shout | shout")
    assert pipeline.translate("one") == "ONE"
    pipeline._running[0].kill()
    pipeline._running[0].wait()
    assert pipeline.translate("two") == "TWO"


def test_a_nul_that_a_program_says_as_it_ends_is_no_answer(
    apertium: ModuleType, make: Pipelines
) -> None:
    pipeline = make("shout")
    pipeline._commands[0] = ["printf", r"\0"]
    with pytest.raises(apertium.EndedError, match="a program of the pipeline ended"):
        pipeline.translate("one")


def test_a_text_that_ends_a_program_is_tried_twice(apertium: ModuleType, make: Pipelines) -> None:
    pipeline = make("shout")
    with pytest.raises(apertium.EndedError, match="a program of the pipeline ended"):
        pipeline.translate("no!")
    assert pipeline.translate("yes") == "YES"


def test_no_answer_in_time_is_an_error_and_the_next_text_begins_anew(
    apertium: ModuleType, make: Pipelines
) -> None:
    pipeline = make("sleep 60 | shout")
    pipeline._commands[0] = ["sleep", "60"]
    with pytest.raises(apertium.StuckError, match="the pipeline gave no answer in time"):
        pipeline.translate("one", seconds=0.2)
    pipeline._commands[0] = pipeline._commands[1]
    assert pipeline.translate("two") == "TWO"
