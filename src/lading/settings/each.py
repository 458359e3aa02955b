"""`each:`: a service or step written once and declared for every one of several values.

Its name and texts hold placeholders such as `{to}`. It is unfolded in the document, before any key
is read: whatever reads the keys sees ordinary services, and faults keep their lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lading.errors import SettingsError
from lading.settings.document import MAX_BYTES, Listing, Mapping, Node, Scalar
from lading.settings.faults import Faults, Place, nearest
from lading.settings.kinds import Schema, refuse

KEY = "each"
PLACEHOLDER = r"\{[A-Za-z_]\w*\}"
_UNFOLDED = ("services", "steps")
_WORD = r"[A-Za-z_]\w*"
_PARTS = re.compile(rf"(?P<pair>\{{\{{|\}}\}})|\{{(?P<name>{_WORD})\}}|(?P<lone>[{{}}])")

Values = dict[str, Node]


@dataclass(frozen=True)
class Each:
    """A list of mappings that give the same names, or of plain values: those are named `each`."""

    expected: str = "a list of mappings with the same names, or of plain values"

    def read(self, node: Node, place: Place, faults: Faults) -> tuple[Values, ...] | None:
        if not isinstance(node, Listing) or not node.items:
            return refuse(faults, place, self.expected, node)
        found = [
            self._values(item, place.item(i, item.line), faults)
            for i, item in enumerate(node.items)
        ]
        if None in found:
            return None
        values = tuple(x for x in found if x is not None)
        for i, one in enumerate(values):
            if one.keys() != values[0].keys():
                expected = f"{_listed(values[0])}, as in the first"
                error = SettingsError(expected=expected, came=_listed(one))
                return faults.add(place.item(i, node.items[i].line), error)
        return values

    def schema(self) -> Schema:
        word = {"type": "object", "propertyNames": {"pattern": f"^{_WORD}$"}, "minProperties": 1}
        plain = {"type": ["string", "number", "boolean"]}
        return {"type": "array", "items": {"anyOf": [word, plain]}, "minItems": 1}

    def _values(self, node: Node, place: Place, faults: Faults) -> Values | None:
        if isinstance(node, Scalar) and node.kind != "null":
            return {KEY: node}
        if not isinstance(node, Mapping) or not node.entries:
            return refuse(faults, place, "a mapping from names to values, or a value", node)
        for name, value in node.entries.items():
            at = place.below(name, node.lines[name])
            if not re.fullmatch(_WORD, name):
                expected = "a name of letters, digits and underscores, no digit first"
                return refuse(faults, at, expected, Scalar(at.line, "str", name))
            if isinstance(value, Scalar) and value.kind == "null":
                return refuse(faults, at, "a value", value)
        return node.entries


def unfolded(root: Node, faults: Faults) -> Node:
    """The document with the services and steps that `each:` declares in place of what declares
    them. What is wrong is added to `faults`, and left out.

    Raises SettingsError when it would become larger than a document may be.
    """
    if not isinstance(root, Mapping):
        return root
    entries = dict(root.entries)
    unfolding = _Unfolding(faults)
    for key in _UNFOLDED:
        found = entries.get(key)
        if isinstance(found, Mapping):
            entries[key] = unfolding.named(found, Place(key, root.lines[key]))
    return Mapping(root.line, entries, root.lines)


@dataclass
class _Unfolding:
    faults: Faults
    left: int = field(default=MAX_BYTES)
    """How many characters and values may still come of it."""

    def named(self, node: Mapping, place: Place) -> Mapping:
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        for name, value in node.entries.items():
            at = place.below(name, node.lines[name])
            for own, one in self._declared(name, value, at):
                if own in entries:
                    problem = f"{own} is already declared on line {lines[own]}"
                    todo = "make the names differ, or remove one"
                    self.faults.add(at, SettingsError(problem, todo=todo))
                    continue
                entries[own], lines[own] = one, at.line
                if own != name:
                    self.faults.written[place.below(own, at.line).path] = at.path
        return Mapping(node.line, entries, lines)

    def _declared(self, name: str, node: Node, place: Place) -> Iterator[tuple[str, Node]]:
        """The services, by their names, that one entry of `services` declares."""
        if not isinstance(node, Mapping) or KEY not in node.entries:
            if (found := re.search(PLACEHOLDER, name)) is None:
                yield name, node
                return
            problem = f"nothing says what {found[0]} stands for"
            self.faults.add(place, SettingsError(problem, todo=f"add `{KEY}:` with its values"))
            return
        each = Each().read(node.entries[KEY], place.below(KEY, node.lines[KEY]), self.faults)
        body = {key: value for key, value in node.entries.items() if key != KEY}
        template = Mapping(node.line, body, node.lines)
        if each is None or not self._fits(name, template, each, place):
            return
        for values in each:
            yield self._text(name, values, place), self._node(template, values, place)

    def _fits(self, name: str, template: Mapping, each: tuple[Values, ...], place: Place) -> bool:
        """Whether every placeholder has a value, and every value a placeholder."""
        before = len(self.faults.found)
        scalar = Scalar(place.line, "str", name)
        used = {x for part, at in _texts(template, place) for x in self._used(part, each, at)}
        self._refuse_unquoted(template, each[0], place)
        in_name = self._used(scalar, each, place)
        if len(self.faults.found) > before:
            return False
        if not in_name:
            problem = "each value gives the same name"
            todo = f"put a placeholder into it, such as {name}-{{{next(iter(each[0]))}}}"
            self.faults.add(place, SettingsError(problem, todo=todo))
            return False
        for value in (x for x in each[0] if x not in used | in_name):
            at = place.below(KEY, template.lines[KEY])
            problem = f"nothing uses {{{value}}}"
            self.faults.add(at, SettingsError(problem, todo="use it, or remove it"))
        return len(self.faults.found) == before

    def _refuse_unquoted(self, node: Node, values: Values, place: Place) -> None:
        """YAML reads a value that begins with a brace as a mapping."""
        for inner, at in _below(node, place):
            if not isinstance(inner, Mapping) or len(inner.entries) != 1:
                continue
            ((name, value),) = inner.entries.items()
            if name in values and isinstance(value, Scalar) and value.kind == "null":
                error = SettingsError("a mapping", todo=f'write it in quotes: "{{{name}}}"')
                self.faults.add(at, error)

    def _used(self, scalar: Scalar, each: tuple[Values, ...], place: Place) -> set[str]:
        """The values that a text uses. The first part that cannot be filled is a fault."""
        used = set()
        for part in _PARTS.finditer(scalar.text):
            if error := _unfillable(part, scalar.text, each):
                self.faults.add(place, error)
                break
            if part["name"]:
                used.add(part["name"])
        return used

    def _node(self, node: Node, values: Values, place: Place) -> Node:
        self._spend(1, place)
        if isinstance(node, Scalar):
            alone = _alone(node.text)
            if alone:
                self._spend(_weight(values[alone]), place)
                return values[alone]
            return Scalar(node.line, node.kind, self._text(node.text, values, place))
        if isinstance(node, Listing):
            return Listing(node.line, tuple(self._node(x, values, place) for x in node.items))
        entries = {
            name: one if name.startswith("x-") else self._node(one, values, place)
            for name, one in node.entries.items()
        }
        return Mapping(node.line, entries, node.lines)

    def _text(self, text: str, values: Values, place: Place) -> str:
        def filled(part: re.Match[str]) -> str:
            value = values[part["name"]] if part["name"] else None
            said = value.text if isinstance(value, Scalar) else part[0][0]
            self._spend(len(said), place)
            return said

        self._spend(len(text), place)
        return _PARTS.sub(filled, text)

    def _spend(self, amount: int, place: Place) -> None:
        self.left -= amount
        if self.left < 0:
            raise SettingsError(
                f"its `{KEY}` unfolds into too much",
                f"{self.faults.file}:{place.line}: {place.path}",
                expected=f"at most {MAX_BYTES} characters in all",
            )


def _unfillable(part: re.Match[str], text: str, each: tuple[Values, ...]) -> SettingsError | None:
    """Why a part of a text cannot be replaced by every value; None when it can."""
    word = part["name"]
    if part["lone"]:
        problem = f"a single {part[0]} where `{KEY}` fills placeholders in"
        return SettingsError(problem, todo=f"write {part[0] * 2} for the character itself")
    if word and word not in each[0]:
        meant = nearest(word, each[0])
        todo = f"did you mean {{{meant}}}?" if meant else f"add it, or write {{{part[0]}}}"
        return SettingsError(f"no value in `{KEY}` is named {word}", todo=todo)
    if word and not _alone(text) and not all(isinstance(x[word], Scalar) for x in each):
        todo = f'only a text that is "{part[0]}" and nothing else can become a list or a mapping'
        return SettingsError(f"{part[0]} is not always a plain value", todo=todo)
    return None


def _texts(node: Node, place: Place) -> Iterator[tuple[Scalar, Place]]:
    return ((one, at) for one, at in _below(node, place) if isinstance(one, Scalar))


def _below(node: Node, place: Place) -> Iterator[tuple[Node, Place]]:
    """A node and every one below it, but for the user's own keys, and where it stands."""
    yield node, place
    if isinstance(node, Listing):
        for i, item in enumerate(node.items):
            yield from _below(item, place.item(i, item.line))
    elif isinstance(node, Mapping):
        for name, value in node.entries.items():
            if not name.startswith("x-"):
                yield from _below(value, place.below(name, node.lines[name]))


def _alone(text: str) -> str | None:
    """The placeholder that is the whole of a text: its value is taken as it is, be it a list."""
    return text[1:-1] if re.fullmatch(PLACEHOLDER, text) else None


def _weight(node: Node) -> int:
    if isinstance(node, Scalar):
        return 1 + len(node.text)
    inner = node.items if isinstance(node, Listing) else node.entries.values()
    return 1 + sum(map(_weight, inner))


def _listed(values: Values) -> str:
    return ", ".join(values)
