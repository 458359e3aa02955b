"""Relations between packages: `libc6 (>= 2.36) | libc-any:amd64`.

Source of the syntax: Debian policy 7.1, and deb-control(5).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from debian.debian_support import NativeVersion

_RELATION = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9+.-]*)(?::[a-z0-9-]+)?"
    r"(?:\s*\(\s*(?P<compared><<|<=|=|>=|>>|<|>)\s*(?P<version>[^\s)]+)\s*\))?"
)
_COMPARISONS: Mapping[str, Callable[[NativeVersion, NativeVersion], bool]] = {
    "<<": operator.lt,
    "<=": operator.le,
    "<": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.ge,
    ">>": operator.gt,
}


@dataclass(frozen=True)
class Relation:
    """A package by name, and perhaps what its version must be."""

    name: str
    compared: str = ""
    version: str = ""

    def allows(self, version: str) -> bool:
        """Whether a package of this name and `version` will do."""
        if not self.compared:
            return True
        return _COMPARISONS[self.compared](NativeVersion(version), NativeVersion(self.version))

    def is_met_by(self, provided: Relation) -> bool:
        """Whether a Provides will do: an unversioned one meets no versioned relation."""
        if not self.compared:
            return True
        return provided.compared == "=" and self.allows(provided.version)

    def __str__(self) -> str:
        return f"{self.name} ({self.compared} {self.version})" if self.compared else self.name


def groups(text: str) -> list[tuple[Relation, ...]]:
    """Of a Depends field: all groups are needed, one relation of each."""
    return [alternatives(group) for group in text.split(",") if group.strip()]


def alternatives(group: str) -> tuple[Relation, ...]:
    """Relations separated by `|`."""
    return tuple(
        Relation(match["name"], match["compared"] or "", match["version"] or "")
        for part in group.split("|")
        if (match := _RELATION.match(part))
    )
