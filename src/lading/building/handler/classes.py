"""The methods of a handler's class that its text gives away, inherited ones included."""

from __future__ import annotations

import ast
from collections.abc import Set
from dataclasses import dataclass

from lading.building.handler import names
from lading.building.handler.finding import Defined, find
from lading.building.handler.names import Function, Scope
from lading.building.handler.sources import Module, Sources
from lading.errors import SettingsError

METHODS = ("predict", "predict_batch")
_REACHING = {"__getattr__", "__getattribute__", "__new__", "__init_subclass__"}
"""With one of these a class may have methods that are not written in it."""
_EMPTY = {"ABC", "Generic", "Protocol", "object"}
"""Bases of the standard library that bring no method of ours."""
_TYPING = {"abc", "typing", "typing_extensions"}
_MOST_BASES = 20


@dataclass(frozen=True)
class Method:
    """A method, or a function that stands for one. `node` is None when it is no plain `def`."""

    module: Module
    node: Function | None
    shadowed: Set[str]
    """Names that mean something else to it than the built-in things of that name."""
    is_method: bool = True
    """Whether its first parameter is the object itself."""
    bound_by_class: Set[str] = frozenset()
    """The names among `shadowed` that its class binds."""


@dataclass(frozen=True)
class _Written:
    module: Module
    node: ast.ClassDef


def of_function(module: Module, node: Function) -> Method:
    """A handler that is a function."""
    return Method(module, node, _bound_in(module.tree), is_method=False)


def methods(sources: Sources, defined: Defined) -> dict[str, Method] | None:
    """Those of `METHODS` that the class surely has; None when the text does not tell.

    Raises SettingsError for one that is defined twice.
    """
    line = _line_of_bases(sources, defined)
    if line is None:
        return None
    found: dict[str, Method] = {}
    for one in line:
        for name in METHODS:
            if name not in found and (method := _own(one, name)):
                found[name] = method
    return found


def _own(written: _Written, name: str) -> Method | None:
    found = names.of(written.node, name)
    if not found:
        return None
    names.refuse_twice(written.module, written.node, found)
    node = found[0].node
    own = _bound_in(written.node)
    shadowed = _bound_in(written.module.tree) | own
    if len(found) == 1 and found[0].is_plain_definition and isinstance(node, Function):
        return Method(written.module, node, shadowed, bound_by_class=own)
    return Method(written.module, None, shadowed)


def _bound_in(scope: Scope) -> set[str]:
    return {one.name for one in names.bindings(scope)}


def _line_of_bases(sources: Sources, defined: Defined) -> list[_Written] | None:
    """The class, its base, that one's base, …; None when one is not in the source, or there are
    two of them, or one may have methods that nobody can see."""
    line: list[_Written] = []
    last: Defined | None = defined
    while last and len(line) < _MOST_BASES:
        module, node = last.module, last.node
        if not isinstance(node, ast.ClassDef) or not _is_closed(module, node):
            return None
        line.append(_Written(module, node))
        bases = [base for base in node.bases if not _is_empty(module, base)]
        if not bases:
            return line
        alone = bases[0] if len(bases) == 1 else None
        last = _base(sources, module, alone.id) if isinstance(alone, ast.Name) else None
    return None


def _base(sources: Sources, module: Module, name: str) -> Defined | None:
    try:
        return find(sources, module, name)
    except SettingsError:
        return None


def _is_closed(module: Module, node: ast.ClassDef) -> bool:
    bound = {one.name for one in names.bindings(node)}
    changed = any(module.may_change(name) or module.assigns_attribute(name) for name in METHODS)
    return not (node.keywords or node.decorator_list or bound & _REACHING or changed)


def _is_empty(module: Module, base: ast.expr) -> bool:
    if isinstance(base, ast.Subscript):
        base = base.value
    if isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name):
        return base.value.id in _TYPING and base.attr in _EMPTY
    if not isinstance(base, ast.Name) or base.id not in _EMPTY:
        return False
    found = [one.statement for one in names.of(module.tree, base.id)]
    imported = all(isinstance(x, ast.ImportFrom) and x.module in _TYPING for x in found)
    return imported and bool(found) == (base.id != "object")
