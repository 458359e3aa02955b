"""What the server does not serve, and how it is said: the words are the server's own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lading.building.handler import names
from lading.building.handler.classes import Method, methods
from lading.building.handler.finding import Defined
from lading.building.handler.names import Function
from lading.building.handler.sources import Module, Sources
from lading.errors import SettingsError

_LISTS = {"list", "List"}
_NO_LISTS = {"bool", "bytes", "dict", "float", "frozenset", "int", "set", "str", "tuple"}


def faults(sources: Sources, defined: Defined) -> Iterator[SettingsError]:
    """Everything that is surely wrong with a handler, in the order of its text.

    Raises SettingsError for a method that is defined twice.
    """
    module, node = defined.module, defined.node
    if isinstance(node, Function):
        yield from _of_arguments(module, node, _arguments(node, bound=False), "predict")
        return
    found = methods(sources, defined)
    if found is None:
        return
    if not found:
        yield SettingsError(
            f"{node.name} has no predict method",
            where=module.where(node.lineno),
            todo="add one, or name a function",
        )
    yield from _of_predict(found.get("predict"))
    yield from _of_batches(found.get("predict_batch"))
    yield from _of_both(found.get("predict"), found.get("predict_batch"))


def _of_predict(method: Method | None) -> Iterator[SettingsError]:
    if method is None or method.node is None:
        return
    if _refuses_itself(method.node):
        yield _no_self(method.module, method.node)
        return
    arguments = _arguments(method.node, bound=True)
    yield from _of_arguments(method.module, method.node, arguments, "predict")


def _of_batches(method: Method | None) -> Iterator[SettingsError]:
    if method is None or method.node is None:
        return
    node, module = method.node, method.module
    if _refuses_itself(node):
        yield _no_self(module, node)
        return
    arguments = _arguments(node, bound=True)
    bad = list(_of_arguments(module, node, arguments, "predict_batch"))
    yield from bad
    if bad:
        return
    if len(arguments) != 1 or _is_list(module, arguments[0].annotation) is False:
        yield SettingsError(
            "predict_batch takes one argument, a list with an item for each prediction",
            where=module.where(node.lineno),
            todo="write it as 'predict_batch(self, inputs: list[Input])'",
        )
    if _yields(node):
        yield SettingsError(
            "predict_batch yields; only predict can stream its answer",
            where=module.where(node.lineno),
            todo="return a list",
        )


def _of_both(predict: Method | None, batch: Method | None) -> Iterator[SettingsError]:
    if not (predict and predict.node and batch and batch.node):
        return
    if _yields(predict.node):
        yield SettingsError(
            "predict yields, and there is predict_batch too: a stream is never one of a batch",
            where=predict.module.where(predict.node.lineno),
            todo="remove one of them",
        )
    elif isinstance(predict.node, ast.AsyncFunctionDef) != isinstance(
        batch.node, ast.AsyncFunctionDef
    ):
        yield SettingsError(
            "one of predict and predict_batch is async, and the other is not",
            where=batch.module.where(batch.node.lineno),
            todo="make both async, or neither",
        )


def _of_arguments(
    module: Module, node: Function, arguments: list[ast.arg], of: str
) -> Iterator[SettingsError]:
    """What the server's `handlers/signature.py` refuses, as far as it can be seen."""
    given = node.args
    positional = set(map(id, given.posonlyargs))
    for argument in arguments:
        name, where = argument.arg, module.where(argument.lineno)
        if id(argument) in positional:
            problem = f"parameter '{name}' of {of} is positional-only"
            yield SettingsError(problem, where=where, todo="arguments are passed by name")
        elif argument.annotation is None:
            problem = f"parameter '{name}' of {of} has no type"
            yield SettingsError(problem, where=where, todo=f"add one, such as '{name}: str'")
    for stars, starred in (("*", given.vararg), ("**", given.kwarg)):
        if starred:
            problem = f"parameter '{stars}{starred.arg}' of {of} cannot be served"
            where = module.where(starred.lineno)
            yield SettingsError(problem, where=where, todo="name each argument")


def _arguments(node: Function, bound: bool) -> list[ast.arg]:
    """Those that a caller names. Of a method the first one is the object itself."""
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    return [*(positional[1:] if bound else positional), *given.kwonlyargs]


def _refuses_itself(node: Function) -> bool:
    given = node.args
    return not (given.posonlyargs or given.args or given.vararg)


def _no_self(module: Module, node: Function) -> SettingsError:
    return SettingsError(
        f"{node.name} has no parameter for the object itself",
        where=module.where(node.lineno),
        todo=f"write it as '{node.name}(self, …)'",
    )


def _yields(node: ast.AST) -> bool:
    """Whether a function is a generator. What is nested in it yields for itself."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Yield | ast.YieldFrom):
            return True
        nested = isinstance(child, Function | ast.ClassDef | ast.Lambda)
        if not nested and _yields(child):
            return True
    return False


def _is_list(module: Module, hint: ast.expr | None) -> bool | None:
    """None when the text does not tell, as of an alias."""
    if isinstance(hint, ast.Constant) and isinstance(hint.value, str):
        try:
            hint = ast.parse(hint.value, mode="eval").body
        except SyntaxError:
            return None
    if isinstance(hint, ast.Subscript):
        hint = hint.value
    if not isinstance(hint, ast.Name) or names.of(module.tree, hint.id):
        return None
    if hint.id in _LISTS:
        return True
    return False if hint.id in _NO_LISTS else None
