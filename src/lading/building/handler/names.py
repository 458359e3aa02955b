"""What binds a name in the body of a module or class."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from lading.building.handler.sources import Module
from lading.errors import SettingsError

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
Scope = ast.Module | ast.ClassDef


@dataclass(frozen=True)
class Binding:
    """A place that binds `name`."""

    name: str
    node: ast.AST
    statement: ast.stmt | None
    """The statement of the body itself that is or holds it."""

    @property
    def is_plain_definition(self) -> bool:
        """A `def` or `class` that is always reached, and that no decorator replaces."""
        node = self.node
        return isinstance(node, Definition) and node is self.statement and not node.decorator_list


def bindings(scope: Scope) -> Iterator[Binding]:
    """All of a body, also in its `if`, `try`, `with` and loops; what is in functions is theirs."""
    for statement in scope.body:
        for node in of_this_scope(statement):
            for name in _bound(node):
                yield Binding(name, node, statement)


def of(scope: Scope, name: str) -> list[Binding]:
    """What binds one name, in the order of the text."""
    return [one for one in bindings(scope) if one.name == name]


def of_this_scope(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is below it, in the order of the text; not what is in functions and classes.

    Never recursive: a sum of a thousand terms is a thousand levels deep.
    """
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Definition | ast.Lambda):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def refuse_twice(module: Module, scope: Scope, found: list[Binding]) -> None:
    """Raise SettingsError where a definition replaces another that nothing used before."""
    if len(found) < 2 or not all(one.is_plain_definition for one in found):
        return
    nodes = [one.node for one in found if isinstance(one.node, Definition)]
    first, last = nodes[0], nodes[-1]
    between = range(first.end_lineno or first.lineno, last.body[0].lineno)
    for node in ast.walk(scope):
        if isinstance(node, ast.Name) and node.id == found[0].name and node.lineno in between:
            return
    raise SettingsError(
        f"{found[0].name} is defined on line {first.lineno} already",
        where=module.where(last.lineno),
        todo="remove one of them, or rename it",
    )


def _bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.alias(name=name, asname=other):
            yield other or name.partition(".")[0]
        case (
            ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
        ):
            yield name
