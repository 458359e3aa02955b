"""What nodes refer to, and in which order steps can run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from . import document
from .document import Expression, Items, Node, Object, Reference

Lines = Mapping[int, tuple[str, ...]]
"""By the identity of some steps: their names, where they can only run one after the other."""


def referred(expression: Expression) -> Iterable[str]:
    """Names in a value."""
    if isinstance(expression, Reference):
        yield str(expression.path[0])
    elif isinstance(expression, Object):
        for one in expression.entries.values():
            yield from referred(one)
    elif isinstance(expression, Items):
        for one in expression.items:
            yield from referred(one)


def needs(node: Node) -> set[str]:
    """Names that a node or one inside it refers to, less those of steps of its own."""
    own = set(_of_itself(node))
    if isinstance(node, document.Steps):
        own.update(referred(node.output))
    for one in document.below(node):
        own |= needs(one)
    return own - node.steps.keys() if isinstance(node, document.Steps) else own


def lines(steps: Mapping[str, Node]) -> Lines:
    """Of these steps, and of those inside them. They must not wait for one another in a circle."""
    found: dict[int, tuple[str, ...]] = {}
    _collect(steps, found)
    return found


def _collect(steps: Mapping[str, Node], found: dict[int, tuple[str, ...]]) -> None:
    before = {name: needs(node) & steps.keys() for name, node in steps.items()}
    order = tuple(TopologicalSorter(before).static_order())
    follows = zip(order, order[1:])  # noqa: B905, RUF007 - pairwise is from Python 3.10
    if all(name in _at_once(steps[then]) for name, then in follows):
        found[id(steps)] = order
    for node in steps.values():
        _within(node, found)


def _within(node: Node, found: dict[int, tuple[str, ...]]) -> None:
    if isinstance(node, document.Steps):
        _collect(node.steps, found)
    for one in document.below(node):
        _within(one, found)


def _at_once(node: Node) -> set[str]:
    """Names without which nothing of a node can begin."""
    members: Iterable[Node] = ()
    if isinstance(node, document.Parallel):
        members = node.members.values()
    elif isinstance(node, document.Ensemble):
        members = node.members
    several = [_at_once(one) for one in members]
    return set.intersection(*several) if several else set(_of_itself(node))


def _of_itself(node: Node) -> Iterable[str]:
    """Names in the values that a node begins with."""
    if isinstance(node, document.Given):
        yield from referred(node.value)
    elif isinstance(node, document.Switch):
        yield from referred(node.on)
    elif isinstance(node, document.Call):
        for one in node.arguments.values():
            yield from referred(one)
