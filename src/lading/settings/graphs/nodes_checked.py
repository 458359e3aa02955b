"""Nodes of a graph, checked and written as graph.json has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lading.building.contracts.types import (
    ARRAY,
    OBJECT,
    UNKNOWN,
    Field,
    Record,
    Type,
    forms,
    one_of,
)
from lading.errors import SettingsError
from lading.settings.faults import Place
from lading.settings.graphs import calls_checked, steps_checked
from lading.settings.graphs.averages import average, no_number, taken
from lading.settings.graphs.nodes import WrittenNode
from lading.settings.graphs.scope import Scope, Value
from lading.settings.graphs.services import Services
from lading.settings.graphs.values_checked import Document, checked, shown

_PREDICT = "/predict"
Checked = tuple[Document, Value]


@dataclass(frozen=True)
class Nodes:
    """Checks the nodes of one graph."""

    services: Services

    def checked(self, node: WrittenNode, scope: Scope) -> Checked:
        """A node's document, and what is known of its result."""
        kinds: dict[str, Callable[[WrittenNode, Scope], Checked]] = {
            "call": self._call,
            "switch": self._switch,
            "ensemble": self._ensemble,
            "parallel": self._parallel,
            "steps": self._steps,
            "value": self._value,
        }
        document, value = kinds[node.kind](node, scope)
        if node.otherwise is None:
            return document, value
        instead, other = self.checked(node.otherwise, scope)
        return {**document, "otherwise": instead}, Value(
            one_of([value.type, other.type]), value.where
        )

    def _call(self, node: WrittenNode, scope: Scope) -> Checked:
        return self._called(node, (node.section.at("call"), node.get("call")), scope)

    def _called(self, node: WrittenNode, called: tuple[Place, str], scope: Scope) -> Checked:
        place, name = called
        arguments = node.get("with", {})
        if not self.services.known(name, place):
            for one in arguments.values():
                checked(one, scope, self.services.faults)
            return {}, Value(UNKNOWN)
        document, value = calls_checked.call(self.services, name, place, arguments, scope)
        if node.section.has("timeout"):
            document["seconds"] = node.get("timeout")
        path = self._path(node, name, place)
        return document | ({"path": path} if path != _PREDICT else {}), value

    def _path(self, node: WrittenNode, name: str, place: Place) -> str:
        path: str | None = node.get("path")
        error = None
        if self.services.is_command(name):
            if path is None:
                problem = f"{name} is a `command:`, whose paths are its own"
                error = SettingsError(problem, todo="add `path:` with the one to ask")
        elif path is not None:
            place = node.section.at("path")
            problem = f"{name} predicts at {_PREDICT}"
            error = SettingsError(problem, todo="remove `path`, which is for a `command:` service")
        if error:
            self.services.faults.add(place, error)
        return path or _PREDICT

    def _value(self, node: WrittenNode, scope: Scope) -> Checked:
        document, value = checked(node.get("value"), scope, self.services.faults)
        return {"kind": "given", "value": document}, value

    def _switch(self, node: WrittenNode, scope: Scope) -> Checked:
        document, on = checked(node.get("switch"), scope, self.services.faults)
        known = forms(on.type)
        if known and known <= {ARRAY, OBJECT}:
            what = shown(node.get("switch")) or "it"
            expected = "text, a number or a truth value to tell cases apart"
            error = SettingsError(expected=expected, came=f"{on.type}, which {what} is")
            self.services.faults.add(node.section.at("switch"), error)
        cases = {name: self.checked(one, scope) for name, one in node.get("cases").items()}
        made: Document = {"kind": "switch", "on": document}
        made["cases"] = {name: one for name, (one, _) in cases.items()}
        types = [value.type for _, value in cases.values()]
        if (default := node.get("default")) is not None:
            made["default"], value = self.checked(default, scope)
            types.append(value.type)
        return made, Value(one_of(types) if types else UNKNOWN)

    def _parallel(self, node: WrittenNode, scope: Scope) -> Checked:
        members = {name: self.checked(one, scope) for name, one in node.get("parallel").items()}
        document = {"kind": "parallel", "members": {x: one for x, (one, _) in members.items()}}
        fields = {name: Field(value.type) for name, (_, value) in members.items()}
        return document, Value(Record("", fields))

    def _steps(self, node: WrittenNode, scope: Scope) -> Checked:
        return steps_checked.checked(self, node.get("steps"), node.get("output"), scope)

    def _ensemble(self, node: WrittenNode, scope: Scope) -> Checked:
        members: list[Checked] = []
        for one in node.get("of"):
            if isinstance(one, WrittenNode):
                members.append(self.checked(one, scope))
            else:
                members.append(self._called(node, one, scope))
        self._counts(node, len(members))
        method, path = node.get("ensemble"), node.get("take", ())
        types = [
            taken(self.services.faults, node, place, value.type)
            for place, (_, value) in zip(_places(node), members, strict=True)
        ]
        document = {
            "kind": "ensemble",
            "method": method,
            "members": [one for one, _ in members],
            "weights": list(node.get("weights", [1.0] * len(members))),
            "needs": node.get("needs", len(members)),
            "take": list(path),
        }
        return document, Value(self._combined(node, types))

    def _combined(self, node: WrittenNode, types: list[Type]) -> Type:
        if node.get("ensemble") == "vote":
            return one_of(types)
        for place, one in zip(_places(node), types, strict=True):
            if (found := no_number(one)) is not None:
                path, came = found
                at = f"{path.lstrip('.')}: {came}" if path else came
                expected = "numbers, or lists or objects of numbers, to take the mean of"
                self.services.faults.add(place, SettingsError(expected=expected, came=at))
        return average(types)

    def _counts(self, node: WrittenNode, members: int) -> None:
        """Adds a fault where weights or needs are not those of as many members, or what is for
        services that are named is there for none."""
        named = any(not isinstance(one, WrittenNode) for one in node.get("of"))
        for key in (x for x in ("with", "timeout") if node.section.has(x) and not named):
            problem = "is for members that are names of services, and there are none"
            self.services.faults.add(node.section.at(key), SettingsError(problem, todo="remove it"))
        weights = node.get("weights", [1.0] * members)
        if len(weights) != members:
            error = SettingsError(expected=f"{members} weights, one each", came=str(len(weights)))
            self.services.faults.add(node.section.at("weights"), error)
        needs = node.get("needs", members)
        if needs > members:
            error = SettingsError(expected=f"at most {members}, as many as there are")
            error.came = str(needs)
            self.services.faults.add(node.section.at("needs"), error)


def _places(node: WrittenNode) -> list[Place]:
    return [one.place if isinstance(one, WrittenNode) else one[0] for one in node.get("of")]
