"""What a name in a hint stands for: a class or value of the source, or something of a package."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass

from lading.building.handler import names
from lading.building.handler.finding import module_of
from lading.building.handler.sources import Module, Sources

_MOST_STEPS = 20


@dataclass(frozen=True)
class Origin:
    """`name` is dotted for what a package brings, such as `typing.Optional`; bare for a built-in.

    With `module` it is a name of that module of the source, and `node` the class, or the hint that
    it is another name for.
    """

    name: str
    module: Module | None = None
    node: ast.ClassDef | ast.expr | None = None


def origin(sources: Sources, module: Module, hint: ast.expr) -> Origin | None:
    """None where the text does not tell."""
    steps: list[str] = []
    while isinstance(hint, ast.Attribute):
        steps.insert(0, hint.attr)
        hint = hint.value
    if not isinstance(hint, ast.Name):
        return None
    return _of(sources, module, [hint.id, *steps], _MOST_STEPS)


def _of(sources: Sources, module: Module, steps: list[str], most: int) -> Origin | None:
    first, *rest = steps
    if most == 0 or module.may_change(first):
        return None
    found = names.of(module.tree, first)
    if not found:
        return Origin(first) if not rest and hasattr(builtins, first) else None
    if len(found) > 1:
        return None
    node, statement = found[0].node, found[0].statement
    if isinstance(node, ast.alias) and isinstance(statement, ast.Import | ast.ImportFrom):
        return _imported(sources, module, (statement, node), rest, most - 1)
    return None if rest else _defined(module, first, statement)


def _imported(
    sources: Sources,
    module: Module,
    found: tuple[ast.Import | ast.ImportFrom, ast.alias],
    rest: list[str],
    most: int,
) -> Origin | None:
    statement, alias = found
    if isinstance(statement, ast.ImportFrom):
        inside = module_of(sources, module, statement)
        if inside is not None:
            return _of(sources, inside, [alias.name, *rest], most)
        if statement.level or sources.has(statement.module or ""):
            return None
        return Origin(".".join([statement.module or "", alias.name, *rest]))
    # `import a.b` binds a, `import a.b as c` binds a.b.
    path = alias.name if alias.asname else alias.name.partition(".")[0]
    if not sources.has(path):
        return Origin(".".join([path, *rest]))
    below = sources.module(path) if sources.shadows(path) else None
    return _of(sources, below, rest, most) if below and rest else None


def _defined(module: Module, name: str, statement: ast.stmt | None) -> Origin | None:
    """A class, or another name for a type: `Rows = list[list[float]]`."""
    match statement:
        case ast.ClassDef(name=target) if target == name:
            return Origin(name, module, statement)
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
            return Origin(name, module, value)
        case ast.AnnAssign(target=ast.Name(id=target), value=value) if target == name and value:
            return Origin(name, module, value)
    return None
