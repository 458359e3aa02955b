"""What a single value may be: how it is read, how it is explained, its JSON Schema.

A kind's `read` returns None after adding a fault: whoever asked goes on, so that all faults of a
file are found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from typing import Any, Protocol

from lading.errors import SettingsError
from lading.settings.document import Listing, Mapping, Node, Scalar
from lading.settings.faults import Faults, Place

Schema = dict[str, Any]

_SIZES = {
    "": 1,
    "k": 1000,
    "M": 1000**2,
    "G": 1000**3,
    "T": 1000**4,
    "Ki": 1024,
    "Mi": 1024**2,
    "Gi": 1024**3,
    "Ti": 1024**4,
}
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Kind(Protocol):
    """What a value may be."""

    def read(self, node: Node, place: Place, faults: Faults) -> Any:
        """The value, or None when it is wrong and a fault was added."""
        ...

    def schema(self) -> Schema:
        """Its JSON Schema, draft 2020-12."""
        ...


def came(node: Node) -> str:
    """What was written, in a few words."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Listing):
        return "a list"
    if node.kind == "null":
        return "nothing"
    text = node.text if len(node.text) <= 60 else node.text[:57] + "..."
    if node.kind == "str":
        return '"' + text.encode("unicode_escape").decode("ascii").replace('"', '\\"') + '"'
    return text


def refuse(faults: Faults, place: Place, expected: str, node: Node, todo: str = "") -> None:
    """Add "expected …, got …"."""
    faults.add(place, SettingsError(expected=expected, came=came(node), todo=todo))


@dataclass(frozen=True)
class Text:
    """Text. `pattern` must match all of it."""

    expected: str
    pattern: str = ""
    longest: int = 4096

    def read(self, node: Node, place: Place, faults: Faults) -> str | None:
        if not isinstance(node, Scalar) or node.kind == "null":
            return refuse(faults, place, self.expected, node)
        if node.kind != "str":
            return refuse(faults, place, self.expected, node, f'write it in quotes: "{node.text}"')
        if not node.text or len(node.text) > self.longest or not _printable(node.text):
            return refuse(faults, place, self.expected, node)
        if self.pattern and not re.fullmatch(self.pattern, node.text):
            return refuse(faults, place, self.expected, node)
        return node.text

    def schema(self) -> Schema:
        schema: Schema = {"type": "string", "minLength": 1, "maxLength": self.longest}
        return schema | ({"pattern": f"^(?:{self.pattern})$"} if self.pattern else {})


@dataclass(frozen=True)
class Choice:
    """One of a few texts."""

    choices: tuple[str, ...]

    def read(self, node: Node, place: Place, faults: Faults) -> str | None:
        if isinstance(node, Scalar) and node.text in self.choices:
            if node.kind == "str":
                return node.text
            todo = f'write it in quotes: "{node.text}"'
            return refuse(faults, place, "text", node, todo)
        return refuse(faults, place, self._expected(), node)

    def schema(self) -> Schema:
        return {"enum": list(self.choices)}

    def _expected(self) -> str:
        quoted = [f'"{x}"' for x in self.choices]
        return f"{', '.join(quoted[:-1])} or {quoted[-1]}"


@dataclass(frozen=True)
class Written:
    """Text, or a number or truth value taken as the text that was written."""

    expected: str = "text or a number"

    def read(self, node: Node, place: Place, faults: Faults) -> str | None:
        if not isinstance(node, Scalar) or node.kind == "null" or "\0" in node.text:
            return refuse(faults, place, self.expected, node)
        return node.text

    def schema(self) -> Schema:
        return {"type": ["string", "number", "boolean"]}


@dataclass(frozen=True)
class Whole:
    """A whole number from `least` to `most`, written in decimal."""

    least: int
    most: int

    def read(self, node: Node, place: Place, faults: Faults) -> int | None:
        number = _decimal(node)
        if number is None or number != int(number) or number > self.most:
            return refuse(faults, place, f"a whole number from {self.least} to {self.most}", node)
        if number < self.least:
            expected = f"a whole number from {self.least}"
            return refuse(faults, place, expected, node, f"raise it to {self.least}")
        return int(number)

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Number:
    """A number from `least` to `most`."""

    least: float
    most: float

    def read(self, node: Node, place: Place, faults: Faults) -> float | None:
        number = _decimal(node)
        if number is None or not self.least <= number <= self.most:
            return refuse(faults, place, f"a number from {self.least:g} to {self.most:g}", node)
        return number

    def schema(self) -> Schema:
        return {"type": "number", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Switch:
    """true or false, and none of YAML 1.1's other words for them."""

    def read(self, node: Node, place: Place, faults: Faults) -> bool | None:
        if isinstance(node, Scalar) and node.kind == "bool" and node.text in ("true", "false"):
            return node.text == "true"
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}
        word = meant.get(node.text.lower()) if isinstance(node, Scalar) else None
        return refuse(faults, place, "true or false", node, f"write {word}" if word else "")

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class _Quantity:
    """A number with a unit."""

    expected: str
    units: Dictionary[str, float]
    least: float
    most: float

    def read(self, node: Node, place: Place, faults: Faults) -> float | None:
        if isinstance(node, Scalar) and node.kind != "null":
            found = re.fullmatch(self._pattern(), node.text)
            if found and self.least <= float(found[1]) * self.units[found[2]] <= self.most:
                return float(found[1]) * self.units[found[2]]
            meant = re.fullmatch(r"([0-9.]+) *([kmgt])(i?)b?", node.text, re.IGNORECASE)
            if meant and found is None and "Ki" in self.units:
                unit = meant[2].upper() + meant[3].lower()
                todo = f"write {meant[1]}{'k' if unit == 'K' else unit}"
                return refuse(faults, place, self.expected, node, todo)
        return refuse(faults, place, self.expected, node)

    def schema(self) -> Schema:
        bare = [{"type": "number", "minimum": self.least}] if "" in self.units else []
        return {"anyOf": [{"type": "string", "pattern": f"^{self._pattern()}$"}, *bare]}

    def _pattern(self) -> str:
        return rf"([0-9]{{1,15}}(?:\.[0-9]{{1,6}})?)({'|'.join(self.units)})"


@dataclass(frozen=True)
class Size:
    """Bytes: "512Mi", "1Gi", "300M", or a plain number."""

    least: int = 4 * 1024**2

    def read(self, node: Node, place: Place, faults: Faults) -> int | None:
        value = self._quantity().read(node, place, faults)
        return None if value is None else int(value)

    def schema(self) -> Schema:
        return self._quantity().schema()

    def _quantity(self) -> _Quantity:
        least = f"{self.least // 1024**2}Mi" if self.least >= 1024**2 else f"{self.least}"
        expected = f'a size from {least}, such as "512Mi" or "1Gi"'
        return _Quantity(expected, _SIZES, self.least, 2**53)


@dataclass(frozen=True)
class Duration:
    """Seconds: "500ms", "30s", "5m", "1h"."""

    least: float = 0.001
    most: float = 86400
    expected: str = 'a time up to 24h, such as "500ms", "30s" or "5m"'

    def read(self, node: Node, place: Place, faults: Faults) -> float | None:
        return self._quantity().read(node, place, faults)

    def schema(self) -> Schema:
        return self._quantity().schema()

    def _quantity(self) -> _Quantity:
        return _Quantity(self.expected, _SECONDS, self.least, self.most)


@dataclass(frozen=True)
class Inside:
    """A relative path that does not leave the folder it is relative to."""

    expected: str = "a path inside the app's folder"
    whole: bool = False
    """Whether `.`, the folder itself, will do."""

    def read(self, node: Node, place: Place, faults: Faults) -> str | None:
        text = Text(self.expected, longest=1024).read(node, place, faults)
        if text is None:
            return None
        parts = [x for x in text.split("/") if x not in ("", ".")]
        if text.startswith(("/", "~")) or "\\" in text or ".." in parts:
            return refuse(faults, place, self.expected, node)
        if not parts and not self.whole:
            return refuse(faults, place, self.expected, node, "name a file or a folder in it")
        return "/".join(parts) or "."

    def schema(self) -> Schema:
        pattern = r"^(?![/~])(?!(.*/)?\.\.(/|$))[^\\]+$"
        return {"type": "string", "pattern": pattern, "maxLength": 1024}


def _decimal(node: Node) -> float | None:
    """A number in plain decimal; None for YAML 1.1's octal, base 60, infinity and the rest."""
    if not isinstance(node, Scalar) or node.kind not in ("int", "float"):
        return None
    if not re.fullmatch(r"[+-]?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?", node.text):
        return None
    return float(node.text)


def _printable(text: str) -> bool:
    return not any(ord(x) < 32 or ord(x) == 127 for x in text)
