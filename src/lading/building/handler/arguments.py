"""The arguments of predict and predict_batch, as far as the server's rules can be seen broken."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lading.building.handler import hints
from lading.building.handler.classes import Method
from lading.building.handler.names import Function
from lading.errors import SettingsError

_NO_LISTS = {*hints.SCALARS, "dict", "frozenset", "set"}


def named(node: Function, is_method: bool) -> list[ast.arg]:
    """Those that a caller names, the object itself left out."""
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    return [*(positional[1:] if is_method else positional), *given.kwonlyargs]


def of_predict(method: Method, node: Function) -> Iterator[SettingsError]:
    """Arguments of predict that have no type or cannot be named."""
    if _lacks_self(method, node):
        yield _no_self(method, node)
        return
    given = node.args
    positional = set(map(id, given.posonlyargs))
    for argument in named(node, method.is_method):
        name, where = argument.arg, method.module.where(argument.lineno)
        if id(argument) in positional:
            problem = f"parameter '{name}' of predict is positional-only"
            yield SettingsError(problem, where=where, todo="arguments are passed by name")
        elif argument.annotation is None:
            problem = f"parameter '{name}' of predict has no type"
            yield SettingsError(problem, where=where, todo=f"add one, such as '{name}: str'")
    for stars, starred in (("*", given.vararg), ("**", given.kwarg)):
        if starred:
            problem = f"parameter '{stars}{starred.arg}' of predict cannot be served"
            where = method.module.where(starred.lineno)
            yield SettingsError(problem, where=where, todo="name each argument")


def of_predict_batch(method: Method, node: Function) -> Iterator[SettingsError]:
    """Whether predict_batch surely takes something else than one list."""
    if _lacks_self(method, node):
        yield _no_self(method, node)
        return
    given = node.args
    starred = [one for one in (given.vararg, given.kwarg) if one]
    arguments = named(node, method.is_method)
    if len(arguments) != 1 or given.kwonlyargs or starred:
        names = [f"'{one.arg}'" for one in [*arguments, *starred]]
        yield SettingsError(
            f"predict_batch takes {', '.join(names) or 'nothing'}",
            where=method.module.where(node.lineno),
            todo="it takes one list, such as 'inputs: list[Input]'",
        )
        return
    yield from _of_list(method, arguments[0])


def _of_list(method: Method, argument: ast.arg) -> Iterator[SettingsError]:
    name, where = argument.arg, method.module.where(argument.lineno)
    if argument.annotation is None:
        problem = f"parameter '{name}' of predict_batch has no type"
        todo = f"add one, such as '{name}: list[Input]'"
        yield SettingsError(problem, where=where, todo=todo)
        return
    hint = hints.builtin(argument.annotation, method.shadowed)
    if hint and (hint.name in _NO_LISTS or hint.item is None):
        problem = f"parameter '{name}' of predict_batch is not a list of something"
        yield SettingsError(problem, where=where, todo=f"write '{name}: list[Input]'")


def _lacks_self(method: Method, node: Function) -> bool:
    given = node.args
    return method.is_method and not (given.posonlyargs or given.args or given.vararg)


def _no_self(method: Method, node: Function) -> SettingsError:
    return SettingsError(
        f"{node.name} has no parameter for the object itself",
        where=method.module.where(node.lineno),
        todo=f"write '{node.name}(self, …)'",
    )
