"""What is refused before a build is what the server refuses, in the same words, and no more."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lading.errors import SettingsError
from lading_runtime.handlers.loading import handler_of
from tests.unit.building.handler.checked import check
from tests.unit.building.handler.test_handler_refused import CLASSES, HEAD

LOADING = """\
import json
from lading_runtime.handlers.handler import HandlerError
from lading_runtime.handlers.loading import load

said = []
for number in range({count}):
    try:
        load(f"reader{{number}}:Reader", {source!r})
        said.append("nothing")
    except HandlerError as error:
        said.append(str(error))
print(json.dumps(said))
"""
PREAMBLE = """\
import abc, collections.abc, dataclasses, functools, typing
from abc import ABC
from typing import Any, Iterator, List, Optional, Sequence

@dataclasses.dataclass
class Point:
    x: int

class Base:
    def predict(self, a: int) -> int: return a

Text = str
def typed(function):
    @functools.wraps(function)
    def predict(self, a: int) -> int: ...
    del predict.__wrapped__
    return predict

"""
HINTS = [
    *("int", "str", "Text", "bytes", "'int'", "Any", "Optional[int]", "Point", "list"),
    *("list[int]", "'list[str]'", "List[int]", "Sequence[int]", "tuple[int, ...]", "list[Point]"),
    *("dict[str, int]", "collections.abc.Sequence[int]", "list[list[int]]", "set[int]"),
]
RETURNS = ["", " -> int", " -> list[int]", " -> 'dict[str, int]'", " -> Iterator[int]", " -> None"]
BODIES = ["...", "yield 1", "return (lambda: (yield))"]
EXTRAS = ["", "predict = typed(print)", "x: int = 1", "def list(self): ...", "predict: Any = None"]


def test_the_server_says_the_same(tmp_path: Path) -> None:
    for number, (methods, _) in enumerate(CLASSES):
        (tmp_path / f"reader{number}.py").write_text(f"{HEAD}{methods}\n")
    program = [sys.executable, "-c", LOADING.format(count=len(CLASSES), source=str(tmp_path))]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [said.partition(": ")[2] for _, said in CLASSES]


@st.composite
def arguments(draw: st.DrawFn) -> str:
    """What may stand in the brackets of a method, with the object itself or without it."""
    hints = st.sampled_from(["", *(f": {hint}" for hint in HINTS)])
    names = draw(st.lists(st.sampled_from(["a", "b", "inputs"]), unique=True, max_size=2))
    parts = [draw(st.sampled_from(["self", "self", "self", "self, /", ""]))]
    parts += [draw(st.sampled_from(["", "", "", "*", "*c: int"]))] if names else []
    parts += [f"{name}{draw(hints)} = None" for name in names]
    if draw(st.booleans()):
        parts = [part.removesuffix(" = None") for part in parts]
    parts += [draw(st.sampled_from(["", "", "", "**d: int"]))]
    return ", ".join(filter(None, parts))


@st.composite
def method(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(["predict", "predict", "predict_batch", "read"]))
    head = draw(st.sampled_from(["", "", "", "async ", "@typed\n    ", "@staticmethod\n    "]))
    returns, body = draw(st.sampled_from(RETURNS)), draw(st.sampled_from(BODIES))
    return f"{head}def {name}({draw(arguments())}){returns}: {body}"


@st.composite
def handler(draw: st.DrawFn) -> str:
    methods = draw(st.lists(method(), min_size=1, max_size=2))
    bases = draw(st.sampled_from(["", "", "(ABC)", "(Base)", "(typing.Generic[typing.T])"]))
    end = draw(st.sampled_from(["", "", "Reader.predict = typed(print)"]))
    lines = [*methods, draw(st.sampled_from(EXTRAS)) or "..."]
    return f"{PREAMBLE}class Reader{bases}:\n    " + "\n    ".join(lines) + f"\n{end}\n"


@settings(max_examples=500, deadline=None)
@given(text=handler())
def test_nothing_that_the_server_serves_is_refused(text: str) -> None:
    try:
        with tempfile.TemporaryDirectory() as folder:
            check(Path(folder), {"reader.py": text})
    except SettingsError as error:
        assert "defined on line" in str(error) or not _is_served(text), f"{error}\n{text}"


def _is_served(text: str) -> bool:
    names: dict[str, object] = {"__name__": "reader"}
    try:
        exec(compile(text, "reader.py", "exec", dont_inherit=True), names)
        made = names["Reader"]
        assert isinstance(made, type)
        handler_of("reader:Reader", made())
    except Exception:
        return False
    return True
