"""Files, functions and folders stay small enough to be read at once."""

from __future__ import annotations

from tests.house.source import functions, name, python

LINES_OF_MOST_FILES = 300
LINES_OF_ANY_FILE = 400
LINES_OF_A_FUNCTION = 60
PARAMETERS = 6
FORBIDDEN = {"utils", "util", "common", "helpers", "helper", "manager", "core", "misc"}
EVERYWHERE = ("src", "tests", "scripts", "bench", "examples")


def test_nine_files_in_ten_are_short_and_none_is_long() -> None:
    lines = {name(x): len(x.read_text("utf-8").splitlines()) for x in python(*EVERYWHERE)}
    assert len(lines) > 20
    assert {x: n for x, n in lines.items() if n > LINES_OF_ANY_FILE} == {}
    assert sum(n <= LINES_OF_MOST_FILES for n in lines.values()) >= 0.9 * len(lines)


def test_no_function_is_long() -> None:
    long = {
        f"{name(path)}:{x.name}": x.end_lineno - x.lineno + 1
        for path in python(*EVERYWHERE)
        for x in functions(path)
        if x.end_lineno and x.end_lineno - x.lineno + 1 > LINES_OF_A_FUNCTION
    }
    assert long == {}


def test_no_function_has_many_parameters() -> None:
    many = {}
    for path in python("src", "scripts", "bench", "examples"):
        for x in functions(path):
            given = [*x.args.posonlyargs, *x.args.args, *x.args.kwonlyargs]
            count = sum(y.arg not in ("self", "cls") for y in given)
            if count > PARAMETERS:
                many[f"{name(path)}:{x.name}"] = count
    assert many == {}


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    named = {name(x) for x in python(*EVERYWHERE) if FORBIDDEN & {*x.parts, x.stem}}
    assert named == set()
