"""What a list or a mapping may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import Any

from lading.errors import SettingsError
from lading.settings.document import Listing, Mapping, Node, Scalar
from lading.settings.faults import Faults, Place, nearest
from lading.settings.kinds import Kind, Schema, Written, refuse

_ARGUMENT = Written()


@dataclass(frozen=True)
class Section:
    """What was read under fixed keys. Keys that were not written, or were wrong, are absent."""

    place: Place
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    """Of every known key that was written, its value wrong or right."""
    below: dict[str, dict[str, Place]] = field(default_factory=dict)
    """By known key, the places of what was written in its mapping."""

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    def has(self, key: str) -> bool:
        """Whether it was written, be its value wrong or right."""
        return key in self.places

    def at(self, key: str) -> Place:
        """Where the key stands, or the whole section where it was not written."""
        return self.places.get(key, self.place)

    def section(self, key: str) -> Section:
        """The section under a key; an empty one where there is none."""
        found = self.values.get(key)
        return found if isinstance(found, Section) else Section(self.at(key))


@dataclass(frozen=True)
class Key:
    """A key of lading.yaml: what it holds and what it is for."""

    kind: Kind
    meaning: str
    """A sentence or two for the reference page and for editors."""
    default: str = ""
    """In words, as the reference page says it."""
    required: bool = False


@dataclass(frozen=True)
class Keys:
    """A mapping with fixed keys. Those that begin with `x-` are the user's own."""

    what: str
    """The mapping as a whole: "a service"."""
    known: Dictionary[str, Key]
    later: tuple[str, ...] = ()
    """Keys of features that are not there yet: refused by name."""
    one_of: tuple[str, ...] = ()
    """Keys of which exactly one is written; like `needs`, for editors: the reader says it."""
    needs: Dictionary[str, str] = field(default_factory=dict)
    """By key, another without which it means nothing."""
    beside: Dictionary[str, str] = field(default_factory=dict)
    """By key of `one_of`, another one beside which it may stand after all."""

    def read(self, node: Node, place: Place, faults: Faults) -> Section | None:
        if not isinstance(node, Mapping):
            keys = ", ".join(list(self.known)[:3])
            return refuse(faults, place, f"{self.what}: a mapping of keys such as {keys}", node)
        section = Section(place)
        for name, value in node.entries.items():
            at = place.below(name, node.lines[name])
            if name in self.known:
                section.places[name] = at
                if isinstance(value, Mapping):
                    section.below[name] = {key: at.below(key, n) for key, n in value.lines.items()}
                result = self.known[name].kind.read(value, at, faults)
                if result is not None:
                    section.values[name] = result
            elif not name.startswith("x-"):
                faults.add(at, self._unknown(name))
        for name, key in self.known.items():
            if key.required and name not in node.entries:
                expected = getattr(key.kind, "expected", "")
                error = SettingsError(f"the key {name} is missing", expected=expected)
                faults.add(place, error)
        return section

    def schema(self) -> Schema:
        properties = {
            name: key.kind.schema() | {"description": key.meaning}
            for name, key in self.known.items()
        }
        required = [name for name, key in self.known.items() if key.required]
        needs = {name: [other] for name, other in self.needs.items()}
        return {
            "type": "object",
            "properties": properties,
            "patternProperties": {"^x-": True},
            "additionalProperties": False,
            **({"required": required} if required else {}),
            **({"oneOf": [self._alone(name) for name in self.one_of]} if self.one_of else {}),
            **({"dependentRequired": needs} if needs else {}),
        }

    def _alone(self, name: str) -> Schema:
        other = self.beside.get(name)
        return {"required": [name], **({"not": {"required": [other]}} if other else {})}

    def outline(self) -> Schema:
        """The schema of one whose texts hold placeholders: the keys, whatever their values."""
        return {
            "type": "object",
            "properties": {name: {"description": key.meaning} for name, key in self.known.items()},
            "patternProperties": {"^x-": True},
            "additionalProperties": False,
        }

    def _unknown(self, name: str) -> SettingsError:
        if name in self.later:
            return SettingsError("not yet supported", todo="remove it")
        inside = (
            f"{outer}.{name}"
            for outer, key in self.known.items()
            if isinstance(key.kind, Keys) and name in key.kind.known
        )
        meant = next(inside, None) or nearest(name, [*self.known, *self.later])
        if meant:
            return SettingsError("unknown key", todo=f"did you mean {meant}?")
        return SettingsError("unknown key", expected=f"one of {', '.join(sorted(self.known))}")


@dataclass(frozen=True)
class Owned:
    """Names that begin with `prefix` are not the user's to choose."""

    prefix: str
    problem: str
    todo: str


@dataclass(frozen=True)
class Named:
    """A mapping from names of the user's choice to values of one kind."""

    what: str
    kind: Kind
    name: str
    """What a name must look like, in words."""
    pattern: str
    reserved: tuple[str, ...] = ()
    longest: int = 40
    owned: Owned | None = None
    """Names that `pattern` refuses for a reason of their own."""
    template: str = ""
    """A pattern of names with placeholders, which `each.unfolded` has replaced before `read`."""

    def read(self, node: Node, place: Place, faults: Faults) -> dict[str, Any] | None:
        if not isinstance(node, Mapping):
            return refuse(faults, place, self.what, node)
        found = {}
        for name, value in node.entries.items():
            at = place.below(name, node.lines[name])
            self._check(name, at, faults)
            result = self.kind.read(value, at, faults)
            if result is not None:
                found[name] = result
        return found

    def schema(self) -> Schema:
        names: Schema = {"pattern": f"^(?:{self.pattern})$", "maxLength": self.longest}
        if self.reserved:
            names["not"] = {"enum": list(self.reserved)}
        schema: Schema = {
            "type": "object",
            "propertyNames": names,
            "additionalProperties": self.kind.schema(),
        }
        if self.template and isinstance(self.kind, Keys):
            schema["propertyNames"] = {"anyOf": [names, {"pattern": f"^(?:{self.template})$"}]}
            schema["patternProperties"] = {r"\{": self.kind.outline()}
        return schema

    def _check(self, name: str, place: Place, faults: Faults) -> None:
        if name in self.reserved:
            error = SettingsError(f"the name {name} is reserved", todo="choose another")
            faults.add(place, error)
        elif len(name) > self.longest or not re.fullmatch(self.pattern, name):
            if self.owned and name.startswith(self.owned.prefix):
                faults.add(place, SettingsError(self.owned.problem, todo=self.owned.todo))
            else:
                refuse(faults, place, f"a name of {self.name}", Scalar(place.line, "str", name))


@dataclass(frozen=True)
class Many:
    """A list of values of one kind; with `alone`, a value by itself is a list of one."""

    what: str
    kind: Kind
    alone: bool = False
    least: int = 0

    def read(self, node: Node, place: Place, faults: Faults) -> tuple[Any, ...] | None:
        if self.alone and isinstance(node, Scalar):
            single = self.kind.read(node, place, faults)
            return None if single is None else (single,)
        if not isinstance(node, Listing) or len(node.items) < self.least:
            return refuse(faults, place, self.what, node)
        items = [
            self.kind.read(item, place.item(index, item.line), faults)
            for index, item in enumerate(node.items)
        ]
        return None if None in items else tuple(items)

    def schema(self) -> Schema:
        many = {"type": "array", "items": self.kind.schema(), "minItems": self.least}
        return {"anyOf": [self.kind.schema(), many]} if self.alone else many


@dataclass(frozen=True)
class Command:
    """A list of arguments, or one text that is split the way a shell splits words."""

    def read(self, node: Node, place: Place, faults: Faults) -> tuple[str, ...] | None:
        if isinstance(node, Scalar) and node.kind == "str" and "\0" not in node.text:
            import shlex

            try:
                words = tuple(shlex.split(node.text))
            except ValueError as error:
                reason = str(error).lower()
                return faults.add(place, SettingsError(reason, came=node.text[:60]))
            return words or refuse(faults, place, "a command", node)
        if not isinstance(node, Listing) or not node.items:
            return refuse(faults, place, "a list of arguments, or a text with all of them", node)
        items = [
            _ARGUMENT.read(item, place.item(index, item.line), faults)
            for index, item in enumerate(node.items)
        ]
        return tuple(x for x in items if x is not None) if None not in items else None

    def schema(self) -> Schema:
        many = {"type": "array", "items": _ARGUMENT.schema(), "minItems": 1}
        return {"anyOf": [{"type": "string", "minLength": 1}, many]}
