"""YAML 1.1 read into nodes that know their lines.

Scalars keep the text that was written: whether `3.10` is a number and `on` a truth value is for
the kind that is expected to say. A document is bounded in size, depth and number of values, so
anchors that multiply cannot make it larger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from lading.errors import SettingsError
from lading.settings.faults import Faults, Place

MAX_BYTES = 256 * 1024
MAX_DEPTH = 24
MAX_VALUES = 20_000

_CORE = "tag:yaml.org,2002:"
_SCALARS = {"str", "int", "float", "bool", "null"}
# Read as the text they are: a date or a lone "=" means nothing in lading.yaml.
_AS_TEXT = {"timestamp", "value", "merge"}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Scalar:
    """One value. `kind` is YAML's: str, int, float, bool or null."""

    line: int
    kind: str
    text: str


@dataclass(frozen=True)
class Listing:
    """A sequence."""

    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Mapping:
    """A mapping, merge keys already merged. `lines` are those of the keys."""

    line: int
    entries: dict[str, Node]
    lines: dict[str, int]


Node = Scalar | Listing | Mapping


def parse(content: bytes, faults: Faults) -> Node | None:
    """The document's root; None when it is empty. Raises SettingsError when it is not YAML.

    Duplicate keys, unknown tags and the like are added to `faults`.
    """
    text = _decoded(content, faults)
    try:
        _bound(text, faults)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise _not_yaml(error, text, faults) from None
    if root is None or (isinstance(root, yaml.ScalarNode) and not root.value.strip()):
        return None
    return _Conversion(faults).node(root, Place("", 1))


def _decoded(content: bytes, faults: Faults) -> str:
    if len(content) > MAX_BYTES:
        size = f"{len(content)} bytes"
        raise SettingsError(
            "too large", faults.file, expected=f"at most {MAX_BYTES} bytes", came=size
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(
            "not UTF-8",
            f"{faults.file}:{line}",
            came=f"the byte 0x{content[error.start]:02x}",
            todo="save the file as UTF-8",
        ) from None


def _bound(text: str, faults: Faults) -> None:
    """Depth is checked on the event stream, before anything recursive sees the document."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise SettingsError(
                "nested too deeply",
                f"{faults.file}:{_line(event)}",
                expected=f"at most {MAX_DEPTH} levels",
            )


def _line(of: yaml.Node | yaml.Event) -> int:
    return of.start_mark.line + 1 if of.start_mark else 1


def _not_yaml(error: yaml.YAMLError, text: str, faults: Faults) -> SettingsError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())] or "'\\t'" in str(error):
        return SettingsError(
            "a tab indents this line",
            f"{faults.file}:{line}",
            todo="use spaces; YAML allows no tabs",
        )
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    return SettingsError(f"not YAML: {reason}", f"{faults.file}:{line}")


@dataclass
class _Conversion:
    """Turns PyYAML's nodes into ours, counting them."""

    faults: Faults
    values: int = field(default=0)

    def node(self, node: yaml.Node, place: Place, depth: int = 0) -> Node:
        line = _line(node)
        self.values += 1
        if self.values > MAX_VALUES or depth > MAX_DEPTH:
            raise SettingsError(
                "its anchors unfold into too many values",
                f"{self.faults.file}:{line}",
                expected=f"at most {MAX_VALUES} values and {MAX_DEPTH} levels",
            )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place, depth)
        if isinstance(node, yaml.SequenceNode):
            self._known_tag(node, {"seq"}, place)
            items = (
                self.node(x, place.item(i, _line(x)), depth + 1) for i, x in enumerate(node.value)
            )
            return Listing(line, tuple(items))
        kind = self._known_tag(node, _SCALARS | _AS_TEXT, place)
        return Scalar(line, kind if kind in _SCALARS else "str", node.value)

    def _known_tag(self, node: yaml.Node, known: set[str], place: Place) -> str:
        kind = str(node.tag).removeprefix(_CORE)
        if kind not in known:
            at = Place(place.path, _line(node))
            came = f"!!{kind}" if str(node.tag).startswith(_CORE) else str(node.tag)
            self.faults.add(at, SettingsError("unknown tag", came=came, todo="remove the tag"))
        return kind

    def _mapping(self, node: yaml.MappingNode, place: Place, depth: int) -> Mapping:
        self._known_tag(node, {"map"}, place)
        merged: dict[str, tuple[int, Node]] = {}
        own: dict[str, tuple[int, Node]] = {}
        for key, value in node.value:
            line = _line(key)
            if key.tag == _CORE + "merge":
                for name, entry in self._merged(value, place.below("<<", line), depth):
                    merged.setdefault(name, entry)
                continue
            if not isinstance(key, yaml.ScalarNode):
                at = Place(place.path, line)
                self.faults.add(at, SettingsError("a key must be a word", came="a collection"))
                continue
            at = place.below(key.value, line)
            if key.value in own:
                first = own[key.value][0]
                self.faults.add(
                    at, SettingsError(f"the key is already on line {first}", todo="remove one")
                )
                continue
            own[key.value] = (line, self.node(value, at, depth + 1))
        entries = merged | own
        return Mapping(
            _line(node),
            {name: entry[1] for name, entry in entries.items()},
            {name: entry[0] for name, entry in entries.items()},
        )

    def _merged(
        self, value: yaml.Node, place: Place, depth: int
    ) -> Iterator[tuple[str, tuple[int, Node]]]:
        """What a merge key brings, earlier mappings first: they win (yaml.org/type/merge.html)."""
        sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                error = SettingsError(expected="a mapping to merge", came="something else")
                self.faults.add(place, error)
                continue
            mapping = self.node(source, place, depth + 1)
            if isinstance(mapping, Mapping):
                for name, entry in mapping.entries.items():
                    yield name, (mapping.lines[name], entry)
