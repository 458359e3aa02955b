"""From a graph.json to a Handler."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Any, Optional

from ..handlers.handler import Handler, HandlerError
from ..handlers.hints import SignatureError
from ..problem import Problem
from . import document, hints, order
from .calling import Gateway
from .document import Expression, Graph, Node
from .executing import Caller, Execution
from .failures import NoCaseError
from .plane import Outcome


def load(path: str, caller: Optional[Caller] = None) -> Handler:
    """The graph in a file. Calls go through the gateway, unless `caller` makes them.

    Raises HandlerError.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            graph = document.read(file.read())
        signature = hints.signature(graph)
    except OSError as error:
        raise HandlerError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, SignatureError) as error:
        raise HandlerError(f"{path} is no graph: {error}") from error
    _ordered(path, graph.steps, graph.output, {one.name for one in graph.input})
    predict = _predict(graph, caller or Gateway())
    return Handler(path, signature, predict, asynchronous=True, facts={"platform": "lading_graph"})


def _predict(graph: Graph, caller: Caller) -> Any:
    lines = order.lines(graph.steps)
    defaults = {one.name: one.default for one in graph.input}

    async def predict(**given: Any) -> Any:
        execution = Execution(caller, lines)
        try:
            result = await execution.run(graph.steps, graph.output, {**defaults, **given})
        except NoCaseError as failed:
            raise Problem(failed.code, str(failed)) from None
        fallbacks = execution.fallbacks
        return Outcome(result, tuple(fallbacks)) if fallbacks else result

    return predict


def _ordered(path: str, steps: dict[str, Node], output: Expression, above: set[str]) -> None:
    """Raise HandlerError where steps would wait for one another, or for what is not there."""
    known = above | steps.keys()
    needs = {name: order.needs(node) for name, node in steps.items()}
    for name, needed in (*needs.items(), ("output", set(order.referred(output)))):
        for missing in needed - known:
            raise HandlerError(f"{path}: {name} refers to ${missing}, which is nowhere")
    try:
        TopologicalSorter({name: needs[name] - above for name in steps}).prepare()
    except CycleError as error:
        cycle = ", ".join(map(str, reversed(error.args[1])))
        raise HandlerError(f"{path}: steps wait for one another: {cycle}") from None
    for node in steps.values():
        _inside(path, node, known)


def _inside(path: str, node: Node, known: set[str]) -> None:
    if isinstance(node, document.Steps):
        _ordered(path, node.steps, node.output, known)
    for one in document.below(node):
        _inside(path, one, known)
