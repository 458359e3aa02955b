"""The input of a graph: names and types, as the arguments of a handler."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from lading.building.contracts.fitting import misfit
from lading.building.contracts.types import (
    NONE,
    UNKNOWN,
    Exactly,
    Listed,
    Mapped,
    OneOf,
    Plain,
    Type,
    of_value,
    one_of,
)
from lading.errors import SettingsError
from lading.settings.compounds import Key, Keys
from lading.settings.document import Mapping, Node
from lading.settings.faults import Faults, Place
from lading.settings.graphs.expressions import Constant, Expression, Items, Object, Written
from lading.settings.kinds import Schema, Text, refuse

_WORDS = {name: Plain(name) for name in ("str", "int", "float", "bool", "bytes")}


@dataclass(frozen=True)
class Input:
    """One argument. `document` is its type as graph.json says it."""

    place: Place
    type: Type
    document: Any
    required: bool = True
    default: Any = None


@dataclass(frozen=True)
class TypeText:
    """A type as a hint is written."""

    expected: str = (
        "a type: str, int, float, bool, bytes, any, list[T], dict[str, T], "
        'Literal["a", "b"] or T | None'
    )

    def read(self, node: Node, place: Place, faults: Faults) -> Type | None:
        text = Text(self.expected, longest=200).read(node, place, faults)
        if text is None:
            return None
        try:
            return _type(ast.parse(text, mode="eval").body)
        except (SyntaxError, ValueError, RecursionError):
            return refuse(faults, place, self.expected, node)

    def schema(self) -> Schema:
        return {"type": "string", "maxLength": 200}


@dataclass(frozen=True)
class Argument:
    """A type, or a mapping with `type` and `default`."""

    keys: Keys = field(
        default_factory=lambda: Keys(
            "an input",
            {
                "type": Key(TypeText(), "Its type.", required=True),
                "default": Key(Expression(), "What it is where it is not given."),
            },
        )
    )

    def read(self, node: Node, place: Place, faults: Faults) -> Input | None:
        if not isinstance(node, Mapping):
            type_ = TypeText().read(node, place, faults)
            return None if type_ is None else Input(place, type_, _document(type_))
        section = self.keys.read(node, place, faults)
        if section is None or section.get("type") is None:
            return None
        type_ = section.get("type")
        given: Written | None = section.get("default")
        if given is None:
            return Input(place, type_, _document(type_))
        return self._with_default(place, type_, given, faults)

    def schema(self) -> Schema:
        return {"anyOf": [TypeText().schema(), self.keys.schema()]}

    def _with_default(
        self, place: Place, type_: Type, given: Written, faults: Faults
    ) -> Input | None:
        try:
            default = _plain(given)
        except ValueError:
            error = SettingsError("a default refers to nothing", todo="write the value itself")
            return faults.add(given.place, error)
        is_file = "bytes" in str(type_) and default is not None
        if is_file or misfit(of_value(default), type_):
            expected = "no default but null for bytes" if is_file else str(type_)
            error = SettingsError(expected=expected, came=str(of_value(default)))
            return faults.add(given.place, error)
        return Input(place, type_, _document(type_), False, default)


def _plain(written: Written) -> Any:
    """Raises ValueError for a reference."""
    if isinstance(written, Constant):
        return written.value
    if isinstance(written, Object):
        return {name: _plain(one) for name, one in written.entries.items()}
    if isinstance(written, Items):
        return [_plain(one) for one in written.items]
    raise ValueError(written.text)


def _type(hint: ast.expr) -> Type:
    """Raises ValueError for what is none of ours."""
    match hint:
        case ast.Name(id=name) if name in _WORDS:
            return _WORDS[name]
        case ast.Name(id="any" | "Any"):
            return UNKNOWN
        case ast.Name(id="list"):
            return Listed(UNKNOWN)
        case ast.Name(id="dict"):
            return Mapped(UNKNOWN)
    return _generic(hint)


def _generic(hint: ast.expr) -> Type:
    match hint:
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            return Listed(_type(item))
        case ast.Subscript(
            value=ast.Name(id="dict"), slice=ast.Tuple(elts=[ast.Name(id="str"), value])
        ):
            return Mapped(_type(value))
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inside):
            return _literal(inside)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return one_of([_type(left), NONE])
    raise ValueError(ast.unparse(hint))


def _literal(inside: ast.expr) -> Type:
    values = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    plain = [x.value for x in values if isinstance(x, ast.Constant)]
    if len(plain) != len(values) or not all(type(x) in (str, int) for x in plain):
        raise ValueError("no literal")
    return Exactly(tuple(plain))


def _document(type_: Type) -> Any:
    """As `lading_runtime.graphs.hints` reads it."""
    match type_:
        case Plain(name):
            return name.lower()
        case Listed(item):
            return ["list", _document(item)]
        case Mapped(value):
            return ["dict", _document(value)]
        case Exactly(values):
            return ["literal", *values]
        case OneOf(members):
            return ["union", *map(_document, members)]
    return "any"
