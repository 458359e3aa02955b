"""A graph that lading.yaml declares is one that the server runs, and types fit as it decodes."""

from __future__ import annotations

import asyncio
import functools
import json
import sys
import tempfile
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.building.contracts.fitting import misfit
from lading.building.contracts.types import Type, of_value
from lading.building.handler.offering import contract
from lading.settings import read
from lading_runtime.call import Call as CoreCall
from lading_runtime.call import Operation
from lading_runtime.dataplane.plane import DataPlane
from lading_runtime.graphs.document import Call
from lading_runtime.graphs.loading import load
from lading_runtime.graphs.plane import Outcome
from lading_runtime.handlers.loading import handler_of
from lading_runtime.problem import Problem

EVERYTHING = """\
app: a
services:
  one: {source: src, handler: "m:one"}
  two: {source: src, handler: "m:two"}
  draw: {source: src, handler: "m:draw"}
  node: {source: src, command: [node, server.js]}
  all:
    graph:
      input:
        image: bytes
        words: list[str]
        more: dict[str, float]
        kind: {type: 'Literal["a", "b"]', default: a}
        n: {type: int | None, default: null}
      steps:
        first: {call: one, with: {x: 1}, timeout: 2s}
        chosen:
          switch: $kind
          cases:
            a: {call: two, with: {x: $first}, otherwise: 5}
            b: $n
          default: {steps: {inner: {call: one, with: {x: 2}}}, output: $inner}
        mean: {ensemble: mean, of: [one, {call: two, with: {x: $first}}], with: {x: 3}, needs: 1,
               weights: [1, 2]}
        both: {parallel: {x: {value: "$words[0]"}, y: $$five}}
        drawn: {call: draw, with: {image: $image}}
        sent: {call: node, path: /render, with: {image: $drawn, anything: [1, {a: $more.b}]}}
      output: {first: $first, chosen: $chosen, mean: $mean, both: $both, sent: $sent}
"""
MODULE = """\
def one(x: int) -> int: ...
def two(x: float) -> float: ...
def draw(image: bytes) -> bytes: ...
"""


class Caller:
    """Answers as the services of EVERYTHING would; `calls` are those that were made."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, float | None, dict[str, Any]]] = []

    async def __call__(self, call: Call, arguments: Mapping[str, Any]) -> Any:
        self.calls.append((call.service, call.path, call.seconds, dict(arguments)))
        answers: dict[str, Any] = {"one": 4, "two": 8.0, "draw": "AAE=", "node": {"ok": True}}
        return answers[call.service]


def test_every_kind_of_node_is_run_as_it_was_declared(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "m.py").write_text(MODULE)
    (tmp_path / "lading.yaml").write_text(EVERYTHING)
    service = read(tmp_path).service("all")
    assert service is not None and service.recipe.graph is not None
    path = tmp_path / "graph.json"
    path.write_text(service.recipe.graph.text)
    caller = Caller()
    handler = load(str(path), caller)
    assert handler.predict is not None
    inputs = {"image": b"\1", "words": ["w"], "more": {"b": 0.5}}
    result = asyncio.run(handler.predict(**inputs))
    assert not isinstance(result, Outcome)
    assert result == {
        "first": 4,
        "chosen": 8.0,
        "mean": 20 / 3,
        "both": {"x": "w", "y": "$five"},
        "sent": {"ok": True},
    }
    assert ("one", "/predict", 2.0, {"x": 1}) in caller.calls
    sent = {"image": b"\0\1", "anything": [1, {"a": 0.5}]}
    assert ("node", "/render", None, sent) in caller.calls


HINTS = [
    *("int", "float", "str", "bool", "list[int]", "list[float]", "dict[str, int]", "Any", "Point"),
    *("Optional[int]", "int | str", "Literal['a', 'b']", "tuple[int, str]", "list[Point]", "Pair"),
    *("dict[str, Point]", "list[list[float]]", "Wide", "list", "dict", "Optional[Point]", "None"),
]
SHAPES = """\
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Optional, TypedDict

@dataclass
class Point:
    x: int
    y: float = 0.0

class Pair(NamedTuple):
    a: int
    b: str

class Wide(TypedDict, total=False):
    a: int

"""
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from([0.5, 2.0]),
        st.sampled_from(["a", "x", "3"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["x", "y", "a", "b"]), inner, max_size=3),
    ),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(hint=st.sampled_from(HINTS), value=VALUES)
def test_what_is_refused_before_anything_runs_is_refused_by_the_server(
    hint: str, value: Any
) -> None:
    """Never a value that the server would take; and, told apart, some are refused by both."""
    wanted, plane = handlers()[hint]
    if misfit(of_value(value), wanted) is not None:
        body = memoryview(json.dumps({"x": value}).encode())
        with pytest.raises(Problem):
            plane.read(CoreCall(1, Operation.PREDICT, "", 0.0, {}, body))


def test_most_of_what_the_server_refuses_is_foreseen() -> None:
    seen = {}
    for hint, value in [("int", "a"), ("list[int]", [1, "a"]), ("Point", {"y": 1}), ("str", 3)]:
        wanted, _ = handlers()[hint]
        seen[hint] = misfit(of_value(value), wanted)
    assert None not in seen.values()


@functools.cache
def handlers() -> dict[str, tuple[Type, DataPlane]]:
    """By hint: the type that is read from its text, and the server around a handler of it."""
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        for hint in HINTS:
            text = f"{SHAPES}def predict(x: {hint}) -> None: ...\n"
            (Path(folder) / "m.py").write_text(text)
            read_from_text = contract(Path(folder), "m:predict", "3.11")
            assert read_from_text is not None
            module = sys.modules["m_of_test_graphs"] = types.ModuleType("m_of_test_graphs")
            exec(compile(text, "m.py", "exec"), module.__dict__)
            served = handler_of("m:predict", module.__dict__["predict"])
            made[hint] = (read_from_text.arguments["x"].type, DataPlane("m", served))
    return made
