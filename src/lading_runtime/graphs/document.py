"""A graph as graph.json holds it. `lading` wrote and validated it; here its shape alone is held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Optional, Union

import msgspec

VERSION = 1


class _Tagged(msgspec.Struct, tag_field="kind", tag=str.lower):
    """Its class is told by the field `kind`."""


class Reference(_Tagged):
    """A value that is there already, or what is inside it."""

    path: tuple[Union[str, int], ...]
    """A name of the input or of a step, then fields and positions."""
    base64: bool = False
    """Whether it is surely bytes, which JSON has as text in base64."""

    def __str__(self) -> str:
        name, *inside = self.path
        return f"${name}" + steps_into(inside)


class Constant(_Tagged):
    """A value that was written out."""

    value: Any


class Object(_Tagged):
    """Values by name."""

    entries: dict[str, Expression]


class Items(_Tagged):
    """A list of values."""

    items: list[Expression]


class _Node(_Tagged, kw_only=True):
    otherwise: Optional[Node] = None
    """What stands for it when it fails."""


class Given(_Node):
    """No work: a value."""

    value: Expression


class Call(_Node):
    """One prediction of another service."""

    service: str
    arguments: dict[str, Expression]
    path: str = "/predict"
    seconds: Optional[float] = None
    """How long it may take; as long as the graph's own caller waits, where it is None."""


class Switch(_Node):
    """The node of the case that is the value's text, or `default`; the others never run."""

    on: Expression
    cases: dict[str, Node]
    default: Optional[Node] = None


class Parallel(_Node):
    """All members at once; an object of their results."""

    members: dict[str, Node]


class Ensemble(_Node):
    """All members at once; one result of theirs, which are alike."""

    method: Literal["mean", "vote"]
    members: list[Node]
    weights: list[float]
    """One for each member."""
    needs: int
    """How many members must succeed."""
    take: tuple[Union[str, int], ...] = ()
    """What of each result counts."""


class Steps(_Node):
    """Named nodes, each begun as soon as what it refers to is there, and a value made of them."""

    steps: dict[str, Node]
    output: Expression


class Argument(msgspec.Struct, frozen=True):
    """One of the graph's own input. `type` is as `hints.hint` reads it."""

    name: str
    type: Any
    default: Any = msgspec.UNSET


class Graph(msgspec.Struct, frozen=True):
    """All of a graph.json."""

    version: int
    input: list[Argument]
    steps: dict[str, Node]
    output: Expression
    result: dict[str, Any] = {}
    """JSON Schema of the output, as far as it is known."""


Expression = Union[Reference, Constant, Object, Items]
Node = Union[Given, Call, Switch, Parallel, Ensemble, Steps]


def read(content: bytes) -> Graph:
    """Raises ValueError, which says what is wrong."""
    graph = msgspec.json.decode(content, type=Graph)
    if graph.version != VERSION:
        raise ValueError(f"expected version {VERSION}, got {graph.version}")
    return graph


def steps_into(path: Any) -> str:
    """`.words[0]` of `("words", 0)`."""
    return "".join(f"[{x}]" if isinstance(x, int) else f".{x}" for x in path)


def below(node: Node) -> Iterator[Node]:
    """The nodes directly inside one."""
    if isinstance(node, Switch):
        yield from node.cases.values()
        if node.default is not None:
            yield node.default
    elif isinstance(node, Parallel):
        yield from node.members.values()
    elif isinstance(node, Ensemble):
        yield from node.members
    elif isinstance(node, Steps):
        yield from node.steps.values()
    if node.otherwise is not None:
        yield node.otherwise
