"""From a name in a module to the class or function that it is, through imports of the source's."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from lading.building.handler import names
from lading.building.handler.names import Definition
from lading.building.handler.sources import Module, Sources
from lading.errors import SettingsError

_SHOWN = 8
"""Names that an error lists."""


@dataclass(frozen=True)
class Defined:
    """A class or function, and the module that it stands in."""

    module: Module
    node: Definition


def find(
    sources: Sources, module: Module, name: str, passed: frozenset[tuple[str, str]] = frozenset()
) -> Defined | None:
    """What `name` surely is at the end of the module; None when the text does not tell.

    Raises SettingsError where it surely is nothing, or two things.
    """
    if module.may_change(name) or (module.name, name) in passed:
        return None
    found = names.of(module.tree, name)
    if not found:
        _refuse_absent(sources, module, name)
        return None
    names.refuse_twice(module, module.tree, found)
    if len(found) > 1:
        return None
    node = found[0].node
    if isinstance(node, Definition):
        return None if node.decorator_list else Defined(module, node)
    statement = found[0].statement
    origin = module_of(sources, module, statement) if statement else None
    if origin is None or not isinstance(node, ast.alias):
        return None
    return find(sources, origin, node.name, passed | {(module.name, name)})


def _refuse_absent(sources: Sources, module: Module, name: str) -> None:
    """Raises, unless a module of that name or a function `__getattr__` may stand in (PEP 562)."""
    known = {one.name for one in names.bindings(module.tree)}
    below = f"{module.name}.{name}"
    if "__getattr__" in known or sources.path_of(below) or sources.is_compiled(below):
        return
    raise SettingsError(
        f"{module.name} has no {name}",
        where=module.where(),
        expected=f"a class or function {name} at the top level",
        came=", ".join(sorted(known)[:_SHOWN]) or "no names at all",
        todo="define it, or correct `handler`",
    )


def module_of(sources: Sources, module: Module, statement: ast.stmt) -> Module | None:
    """The module of the source folder that names are imported from, where that is certain."""
    if not isinstance(statement, ast.ImportFrom):
        return None
    if not statement.level:
        name = statement.module or ""
        return sources.module(name) if sources.shadows(name) else None
    package = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
    kept = len(package) - (statement.level - 1)
    if kept < 1:
        return None
    below = [statement.module] if statement.module else []
    return sources.module(".".join([*package[:kept], *below]))
