"""Values in a graph: written out, or references such as `$page.words[0].text`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from typing import Any

from lading.errors import SettingsError
from lading.settings.document import Listing, Mapping, Node, Scalar
from lading.settings.faults import Faults, Place
from lading.settings.kinds import Schema, refuse

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
NAME_WORDS = "letters, digits and underscores, no digit first"
_STEP = r"\.[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]{1,9}\]"
_REFERENCE = re.compile(rf"\$({NAME})((?:{_STEP})*)")
_PATH = re.compile(rf"(?:{NAME}|\[[0-9]{{1,9}}\])(?:{_STEP})*")
_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Reference:
    """`$name`, then fields and positions inside it."""

    place: Place
    name: str
    path: tuple[str | int, ...]
    text: str


@dataclass(frozen=True)
class Constant:
    """A single value: JSON's."""

    place: Place
    value: Any


@dataclass(frozen=True)
class Object:
    """Values by name."""

    place: Place
    entries: Dictionary[str, Written]


@dataclass(frozen=True)
class Items:
    """Values in a list."""

    place: Place
    items: tuple[Written, ...]


Written = Reference | Constant | Object | Items


def references(written: Written) -> Iterator[Reference]:
    """All in a value, in the order of the text."""
    if isinstance(written, Reference):
        yield written
    elif isinstance(written, Object):
        for one in written.entries.values():
            yield from references(one)
    elif isinstance(written, Items):
        for one in written.items:
            yield from references(one)


@dataclass(frozen=True)
class Expression:
    """A value of JSON, with references in it."""

    def read(self, node: Node, place: Place, faults: Faults) -> Written | None:
        if isinstance(node, Mapping):
            entries = {
                name: self.read(one, place.below(name, node.lines[name]), faults)
                for name, one in node.entries.items()
            }
            return Object(place, {name: one for name, one in entries.items() if one is not None})
        if isinstance(node, Listing):
            items = [self.read(x, place.item(i, x.line), faults) for i, x in enumerate(node.items)]
            return Items(place, tuple(one for one in items if one is not None))
        if node.kind == "str" and node.text.startswith("$"):
            return _reference(node, place, faults)
        return _constant(node, place, faults)

    def schema(self) -> Schema:
        return {}


@dataclass(frozen=True)
class Path:
    """A way into a value: `words[0].text`."""

    expected: str = "a field, or a path such as words[0].text"

    def read(self, node: Node, place: Place, faults: Faults) -> tuple[str | int, ...] | None:
        if isinstance(node, Scalar) and node.kind == "str" and _PATH.fullmatch(node.text):
            return steps(node.text if node.text.startswith("[") else f".{node.text}")
        return refuse(faults, place, self.expected, node)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^(?:{_PATH.pattern})$"}


def steps(path: str) -> tuple[str | int, ...]:
    """`("words", 0)` of `.words[0]`."""
    found = re.findall(_STEP, path)
    return tuple(x[1:] if x.startswith(".") else int(x[1:-1]) for x in found)


def _reference(node: Scalar, place: Place, faults: Faults) -> Written | None:
    if node.text.startswith("$$"):
        return Constant(place, node.text[1:])
    found = _REFERENCE.fullmatch(node.text)
    if found is None:
        todo = "write $$ where a text begins with $"
        return refuse(faults, place, "a reference such as $page.words[0].text", node, todo)
    return Reference(place, found[1], steps(found[2]), node.text)


def _constant(node: Scalar, place: Place, faults: Faults) -> Constant | None:
    match node.kind, node.text:
        case "str", text:
            return Constant(place, text)
        case "null", _:
            return Constant(place, None)
        case "bool", "true" | "false":
            return Constant(place, node.text == "true")
        case "int" | "float", text if _NUMBER.fullmatch(text):
            return Constant(place, int(text) if node.kind == "int" else float(text))
    error = SettingsError(expected="a value of JSON", came=node.text[:60])
    error.todo = f'write "{node.text[:60]}" for the text'
    return faults.add(place, error)
