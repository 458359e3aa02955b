"""What the server does not serve, and how it is said: the words are those of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lading.building.handler import arguments, hints
from lading.building.handler.classes import Method, methods, of_function
from lading.building.handler.finding import Defined
from lading.building.handler.names import Function, of_this_scope
from lading.building.handler.sources import Sources
from lading.errors import SettingsError

_BATCH = "predict_batch"


def faults(sources: Sources, defined: Defined) -> Iterator[SettingsError]:
    """Everything that is surely wrong with a handler.

    Raises SettingsError for a method that is defined twice.
    """
    module, node = defined.module, defined.node
    if isinstance(node, Function):
        alone = of_function(module, node)
        is_batch = node.name == _BATCH
        yield from _of_batches(alone, node) if is_batch else _of_predict(alone, node)
        return
    found = methods(sources, defined)
    if found is None:
        return
    if not found:
        yield SettingsError(
            f"{node.name} has no predict method",
            where=module.where(node.lineno),
            todo="add one (or predict_batch), or name a function",
        )
    predict, batch = found.get("predict"), found.get(_BATCH)
    wrong: list[SettingsError] = []
    if predict and predict.node:
        wrong += _of_predict(predict, predict.node)
    if batch and batch.node:
        wrong += _of_batches(batch, batch.node)
    yield from wrong
    if not wrong and predict and predict.node and batch and batch.node:
        yield from _of_both(predict, predict.node, batch, batch.node)


def _of_predict(method: Method, node: Function) -> Iterator[SettingsError]:
    yield from arguments.of_predict(method, node)
    returned = hints.builtin(node.returns, method.shadowed)
    if returned and yields(node):
        yield SettingsError(
            f"predict yields, but is said to return {returned.name}",
            where=method.module.where(node.lineno),
            todo=f"write '-> Iterator[{returned.name}]'",
        )


def _of_batches(method: Method, node: Function) -> Iterator[SettingsError]:
    where = method.module.where(node.lineno)
    yield from arguments.of_predict_batch(method, node)
    returned = hints.builtin(node.returns, method.shadowed)
    if yields(node):
        problem = "predict_batch yields"
        yield SettingsError(problem, where=where, todo="it returns a list, one result an input")
    elif returned and returned.name not in ("list", "tuple"):
        problem = f"predict_batch is said to return {returned.name}"
        yield SettingsError(problem, where=where, todo="it returns a list, one result an input")


def _of_both(
    predict: Method, single: Function, batch: Method, many: Function
) -> Iterator[SettingsError]:
    where = batch.module.where(many.lineno)
    if yields(single):
        problem = "predict streams, and a stream has no batches"
        at = predict.module.where(single.lineno)
        yield SettingsError(problem, where=at, todo="remove predict_batch")
    elif isinstance(single, ast.AsyncFunctionDef) != isinstance(many, ast.AsyncFunctionDef):
        problem = "one of predict and predict_batch is async, the other is not"
        yield SettingsError(problem, where=where, todo="make both alike")
    elif (expected := _argument_of_one(batch, many)) is not None:
        names = [one.arg for one in arguments.named(single, is_method=True)]
        if names != [expected]:
            listed = ", ".join(f"'{name}'" for name in names) or "nothing"
            problem = f"predict takes {listed} and predict_batch '{expected}'"
            yield SettingsError(problem, where=where, todo="both need the same arguments")


def _argument_of_one(batch: Method, node: Function) -> str | None:
    """What one request's argument is called, where it surely is one: of a list of plain values."""
    (given,) = arguments.named(node, is_method=True)
    hint = hints.builtin(given.annotation, batch.shadowed)
    item = hints.builtin(hint.item, batch.shadowed) if hint else None
    if item is None or item.name not in hints.SCALARS:
        return None
    return given.arg[:-1] if given.arg.endswith("s") and len(given.arg) > 1 else given.arg


def yields(node: Function) -> bool:
    """Whether a function is a generator. What is nested in it yields for itself."""
    inside = (below for statement in node.body for below in of_this_scope(statement))
    return any(isinstance(below, ast.Yield | ast.YieldFrom) for below in inside)
