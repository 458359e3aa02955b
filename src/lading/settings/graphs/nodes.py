"""Nodes of a graph: what a step, a case or a member of an ensemble may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lading.errors import SettingsError
from lading.settings.compounds import Key, Keys, Many, Named, Section
from lading.settings.document import Listing, Mapping, Node, Scalar
from lading.settings.faults import Faults, Place
from lading.settings.graphs.expressions import NAME, NAME_WORDS, Expression, Path, Written
from lading.settings.kinds import Choice, Duration, Kind, Number, Schema, Text, Whole, refuse

SERVICE_NAME = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
NODE_REFERENCE = {"$ref": "#/$defs/node"}


@dataclass(frozen=True)
class WrittenNode:
    """`kind` is a key of KINDS, and `section` what was read under its keys."""

    kind: str
    place: Place
    section: Section

    def get(self, key: str, default: Any = None) -> Any:
        return self.section.get(key, default)

    @property
    def otherwise(self) -> WrittenNode | None:
        found: WrittenNode | None = self.get("otherwise")
        return found


@dataclass(frozen=True)
class AnyNode:
    """A mapping with the keys of one kind of node; what is no mapping is a value."""

    def read(self, node: Node, place: Place, faults: Faults) -> WrittenNode | None:
        if not isinstance(node, Mapping):
            value = Expression().read(node, place, faults)
            section = Section(place, {"value": value}, {"value": place})
            return None if value is None else WrittenNode("value", place, section)
        kinds = [kind for kind in KINDS if kind in node.entries]
        if len(kinds) != 1:
            expected = f"one of {', '.join(KINDS)}"
            came = " and ".join(kinds) or ", ".join(list(node.entries)[:4]) or "nothing"
            todo = "" if kinds else "write `value:` before a value that is a mapping"
            error = SettingsError(expected=expected, came=came, todo=todo)
            return faults.add(place, error)
        section_read = KINDS[kinds[0]].read(node, place, faults)
        if section_read is None or kinds[0] not in section_read.values:
            return None
        return WrittenNode(kinds[0], place, section_read)

    def schema(self) -> Schema:
        return dict(NODE_REFERENCE)


@dataclass(frozen=True)
class Members:
    """Names of services, which are called alike, or nodes."""

    expected: str = "a list of two or more services or nodes"

    def read(self, node: Node, place: Place, faults: Faults) -> tuple[Any, ...] | None:
        if not isinstance(node, Listing) or len(node.items) < 2:
            return refuse(faults, place, self.expected, node)
        found = []
        for index, item in enumerate(node.items):
            at = place.item(index, item.line)
            kind: Kind = SERVICE if isinstance(item, Scalar) else NODE
            read = kind.read(item, at, faults)
            found.append((at, read) if isinstance(read, str) else read)
        return None if None in found else tuple(found)

    def schema(self) -> Schema:
        items = {"anyOf": [SERVICE.schema(), NODE_REFERENCE]}
        return {"type": "array", "items": items, "minItems": 2}


NODE = AnyNode()
SERVICE = Text("the name of a service", SERVICE_NAME, 40)
_EXPRESSION = Expression()
_ARGUMENTS = Key(
    Named("a mapping from arguments to values", _EXPRESSION, NAME_WORDS, NAME, longest=256),
    "The arguments of the call.",
)
_OTHERWISE = Key(NODE, "What stands for it when it fails: a node, or a value.")
_TIMEOUT = Key(Duration(), "How long the call may take.")
STEPS = Named("a mapping from names to steps", NODE, NAME_WORDS, NAME)

KINDS: dict[str, Keys] = {
    "call": Keys(
        "a call",
        {
            "call": Key(SERVICE, "The service that is called.", required=True),
            "with": _ARGUMENTS,
            "timeout": _TIMEOUT,
            "path": Key(
                Text("a path that begins with /", r"/[!-~]*", 256),
                "Where a `command:` service is asked.",
            ),
            "otherwise": _OTHERWISE,
        },
    ),
    "switch": Keys(
        "a switch",
        {
            "switch": Key(_EXPRESSION, "What decides.", required=True),
            "cases": Key(
                Named("a mapping from values to nodes", NODE, "any text", r".+", longest=200),
                "The node for each value; only that of the value that came runs.",
                required=True,
            ),
            "default": Key(NODE, "The node for every other value."),
            "otherwise": _OTHERWISE,
        },
    ),
    "ensemble": Keys(
        "an ensemble",
        {
            "ensemble": Key(Choice(("mean", "vote")), "How one result is made.", required=True),
            "of": Key(Members(), "Whose results.", required=True),
            "with": _ARGUMENTS,
            "timeout": _TIMEOUT,
            "take": Key(Path(), "What of each result counts."),
            "weights": Key(
                Many("a list of numbers above 0", Number(0.000001, 1e9), least=1),
                "How much each of them counts.",
            ),
            "needs": Key(Whole(1, 1000), "How many of them must succeed."),
            "otherwise": _OTHERWISE,
        },
    ),
    "parallel": Keys(
        "parallel nodes",
        {
            "parallel": Key(
                Named("a mapping from names to nodes", NODE, NAME_WORDS, NAME),
                "Nodes that run at once; their results by name.",
                required=True,
            ),
            "otherwise": _OTHERWISE,
        },
    ),
    "steps": Keys(
        "steps",
        {
            "steps": Key(STEPS, "Steps of its own.", required=True),
            "output": Key(_EXPRESSION, "What comes of them.", required=True),
            "otherwise": _OTHERWISE,
        },
    ),
    "value": Keys(
        "a value",
        {
            "value": Key(_EXPRESSION, "The value.", required=True),
            "otherwise": _OTHERWISE,
        },
    ),
}
"""By the key that tells them apart."""


def definition() -> Schema:
    """The JSON Schema of a node."""
    plain = {"type": ["string", "number", "boolean", "null", "array"]}
    return {"anyOf": [*(keys.schema() for keys in KINDS.values()), plain]}


def below(node: WrittenNode) -> Iterator[WrittenNode]:
    """The nodes directly inside one."""
    for key in ("cases", "parallel", "steps"):
        if node.section.has(key):
            yield from node.get(key, {}).values()
    yield from (one for one in node.get("of", ()) if isinstance(one, WrittenNode))
    for key in ("default", "otherwise"):
        found = node.get(key)
        if found is not None:
            yield found


def expressions(node: WrittenNode) -> Iterator[Written]:
    """The values that stand in a node itself; `output` of steps is of its own names too."""
    yield from node.get("with", {}).values()
    for key in ("switch", "value", "output"):
        found = node.get(key)
        if found is not None:
            yield found
