"""Steps that can only run one after the other are found, and no others."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lading_runtime.graphs import order
from lading_runtime.graphs.document import Node


def call(*names: str, **more: Any) -> dict[str, Any]:
    arguments = {name: {"kind": "reference", "path": [name]} for name in names}
    return {"kind": "call", "service": "s", "arguments": arguments, **more}


def switch(on: str, **cases: Any) -> dict[str, Any]:
    return {"kind": "switch", "on": {"kind": "reference", "path": [on]}, "cases": cases}


def both(*members: Any) -> dict[str, Any]:
    return {"kind": "parallel", "members": {str(i): one for i, one in enumerate(members)}}


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ({"c": call("b"), "b": call("a", "x"), "a": call("x")}, ("a", "b", "c")),
        ({"a": call()}, ("a",)),
        ({"a": call(), "b": call()}, None),
        ({"a": call(), "b": call("a"), "c": call("a")}, None),
        ({"a": call(), "b": switch("a", x=call())}, ("a", "b")),
        ({"a": call(), "b": switch("x", y=call("a"))}, None),
        ({"a": call(), "b": call(otherwise=call("a"))}, None),
        ({"a": call(), "b": both(call("a"), call("a"))}, ("a", "b")),
        ({"a": call(), "b": both(call("a"), call("x"))}, None),
        ({"a": call(), "b": {"kind": "steps", "steps": {"i": call("a")},
                             "output": {"kind": "constant", "value": 1}}}, None),
    ],
)  # fmt: skip
def test_line(steps: dict[str, Any], line: tuple[str, ...] | None) -> None:
    read = msgspec.convert(steps, dict[str, Node])
    assert order.lines(read).get(id(read)) == line


def test_steps_within_steps_have_lines_of_their_own() -> None:
    inner = {"kind": "steps", "steps": {"i": call("a"), "j": call("i")}, "output": {
        "kind": "constant", "value": 1}}  # fmt: skip
    read = msgspec.convert({"a": call(), "s": switch("a", x=inner)}, dict[str, Node])
    assert sorted(order.lines(read).values()) == [("a", "s"), ("i", "j")]
    assert order.needs(read["s"]) == {"a"}
