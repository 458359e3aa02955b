"""Steps by name: in an order in which each comes after what it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from lading.building.contracts.types import UNKNOWN
from lading.errors import SettingsError
from lading.settings.faults import Faults
from lading.settings.graphs import circles
from lading.settings.graphs.circles import CircleError
from lading.settings.graphs.expressions import Written, references
from lading.settings.graphs.nodes import WrittenNode, below, expressions
from lading.settings.graphs.scope import Scope, Value
from lading.settings.graphs.services import Services
from lading.settings.graphs.values_checked import Document
from lading.settings.graphs.values_checked import checked as checked_value


class Checker(Protocol):
    """Checks a node."""

    @property
    def services(self) -> Services: ...

    def checked(self, node: WrittenNode, scope: Scope) -> tuple[Document, Value]: ...


def checked(
    nodes: Checker,
    steps: Mapping[str, WrittenNode],
    output: Written,
    scope: Scope,
) -> tuple[Document, Value]:
    """The document of steps, and what is known of their output."""
    faults = nodes.services.faults
    for name in steps.keys() & scope.values.keys():
        error = SettingsError(f"${name} is something else already", todo="choose another name")
        faults.add(steps[name].place, error)
    inner = scope.within({name: Value(UNKNOWN) for name in steps})
    documents: dict[str, Document] = {}
    for name in _ordered(steps, faults):
        documents[name], value = nodes.checked(steps[name], inner)
        inner = inner.within({name: value})
    made, value = checked_value(output, inner, faults)
    ordered = {name: documents[name] for name in steps}
    return {"kind": "steps", "steps": ordered, "output": made}, value


def _ordered(steps: Mapping[str, WrittenNode], faults: Faults) -> list[str]:
    """Adds a fault where steps wait for one another; their order is then that of the file."""
    needs = {name: [x for x in _names(node) if x in steps] for name, node in steps.items()}
    try:
        return circles.ordered(needs)
    except CircleError as error:
        names = error.names
    problem = f"waits for itself: {' needs '.join(f'${x}' for x in names)}"
    if len(names) == 2:
        problem = f"refers to its own result, ${names[0]}"
    faults.add(steps[names[0]].place, SettingsError(problem, todo="break the circle"))
    return list(steps)


def _names(node: WrittenNode) -> Iterator[str]:
    """What a node, or one inside it, refers to, but for names of steps of its own."""
    own = set(node.get("steps", ())) if node.kind == "steps" else set()
    for expression in expressions(node):
        yield from (x.name for x in references(expression) if x.name not in own)
    for inner in below(node):
        yield from (name for name in _names(inner) if name not in own)
