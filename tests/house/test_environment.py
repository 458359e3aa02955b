"""Every variable that is read or set is told to those who may set or read it."""

from __future__ import annotations

import re

from lading.building.wheels import indexes
from lading.gateway.problems import PROBLEMS
from tests.house.source import ROOT, name, python

REFERENCE = ROOT / "docs" / "reference"
VARIABLE = re.compile(r"\bLADING_[A-Z]+(?:_[A-Z]+)*\b")


def page(title: str) -> str:
    return (REFERENCE / f"{title}.md").read_text("utf-8")


def test_every_variable_named_in_the_code_is_in_the_reference() -> None:
    told = {x for path in REFERENCE.glob("*.md") for x in VARIABLE.findall(path.read_text("utf-8"))}
    named = {(name(path), x) for path in python("src") for x in VARIABLE.findall(path.read_text())}
    assert len(named) > 10
    assert sorted(where for where in named if where[1] not in told) == []


def test_every_variable_that_tests_ask_for_is_in_the_reference() -> None:
    named = {x for path in python("tests") for x in VARIABLE.findall(path.read_text("utf-8"))}
    asked = {x for x in named if x.startswith("LADING_TEST_")}
    assert asked <= set(VARIABLE.findall(page("environment")))


def test_nothing_is_told_that_the_code_does_not_know() -> None:
    files = python("src", "tests")
    known = {x for path in files for x in VARIABLE.findall(path.read_text("utf-8"))}
    assert set(VARIABLE.findall(page("environment"))) <= known


def test_every_setting_of_pip_that_is_passed_on_is_in_the_reference() -> None:
    for option, (variable, overruling, _) in indexes._UV_NAMES.items():
        row = next(x for x in page("environment").splitlines() if x.startswith(f"| `{option}`"))
        for told in (f"PIP_{option.upper().replace('-', '_')}", variable, *overruling):
            assert f"`{told}`" in row, (option, told)


def test_every_answer_of_the_gateway_is_in_the_reference() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", page("gateway"), re.MULTILINE)
    assert sorted(rows) == sorted({(str(x.status), x.code) for x in PROBLEMS})
