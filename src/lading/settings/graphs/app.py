"""All graphs of an app: checked against one another's services, and written as graph.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lading.building.contracts import Argument, Contract
from lading.building.contracts.schemas import schema
from lading.building.graph import Graph
from lading.building.recipe import Recipe
from lading.errors import SettingsError
from lading.settings.compounds import Section
from lading.settings.faults import Faults, Place
from lading.settings.graphs import circles, steps_checked
from lading.settings.graphs.circles import CircleError
from lading.settings.graphs.inputs import Input
from lading.settings.graphs.nodes import WrittenNode, below
from lading.settings.graphs.nodes_checked import Nodes
from lading.settings.graphs.scope import Scope, Value
from lading.settings.graphs.services import Services

_KEY = "graph"


def checked(
    services: Mapping[str, Section],
    recipes: Mapping[str, Recipe],
    steps: Mapping[str, Section],
    faults: Faults,
) -> dict[str, Graph]:
    """The graph of each service that has one. Adds everything that is wrong to `faults`."""
    graphs = {name: one.section(_KEY) for name, one in services.items() if one.get(_KEY)}
    known = Services(services, recipes, frozenset(steps), faults)
    return {name: _graph(name, graphs[name], known) for name in _ordered(graphs, faults)}


def _graph(name: str, written: Section, services: Services) -> Graph:
    given: Mapping[str, Input] = written.get("input", {})
    line = {x: f"{services.faults.file}:{one.place.line}" for x, one in given.items()}
    scope = Scope({x: Value(one.type, line[x], is_input=True) for x, one in given.items()})
    document, result = steps_checked.checked(
        Nodes(services),
        written.get("steps"),
        written.get("output"),
        scope,
    )
    services.graphs[name] = Contract(
        {x: Argument(one.type, one.required, line[x]) for x, one in given.items()},
        result.type,
        f"{services.faults.file}:{written.at('output').line}",
    )
    arguments = [_argument(x, one) for x, one in given.items()]
    return Graph.of(arguments, document["steps"], document["output"], schema(result.type))


def _argument(name: str, one: Input) -> dict[str, object]:
    default = {} if one.required else {"default": one.default}
    return {"name": name, "type": one.document, **default}


def _ordered(graphs: Mapping[str, Section], faults: Faults) -> list[str]:
    """Those that are called before those that call them."""
    calls = {name: dict(_called(one.get("steps", {}).values())) for name, one in graphs.items()}
    needs = {name: [x for x in called if x in graphs] for name, called in calls.items()}
    try:
        return circles.ordered(needs)
    except CircleError as error:
        first, second, *_ = error.names
        problem = f"graphs call one another for ever: {' calls '.join(error.names)}"
    faults.add(calls[first][second], SettingsError(problem, todo="break the circle"))
    return list(graphs)


def _called(nodes: Iterator[WrittenNode] | list[WrittenNode]) -> Iterator[tuple[str, Place]]:
    """Services that nodes call, and where."""
    for node in nodes:
        if node.kind == "call":
            yield node.get("call"), node.section.at("call")
        yield from ((x[1], x[0]) for x in node.get("of", ()) if not isinstance(x, WrittenNode))
        yield from _called(below(node))
