"""Everything that is wrong with one lading.yaml, told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lading.errors import SettingsError


@dataclass(frozen=True)
class Place:
    """A key path in the file and the line it stands on: `services.ocr.python`, 4."""

    path: str
    line: int

    def below(self, key: str, line: int) -> Place:
        return Place(f"{self.path}.{key}" if self.path else key, line)

    def item(self, index: int, line: int) -> Place:
        return Place(f"{self.path}[{index}]", line)


@dataclass
class Faults:
    """Collects what is wrong, so that a user mends a file in one go."""

    file: str
    found: list[tuple[int, SettingsError]] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    """By the path of a service or step, the path of what declares it and others by `each`."""
    _said: set[tuple[Place, str]] = field(default_factory=set)

    def add(self, place: Place, error: SettingsError) -> None:
        """Keep an error that has no `where` yet; of a template's services the first speaks."""
        if (said := (self._template(place), str(error))) in self._said:
            return
        if said[0] != place:
            self._said.add(said)
        error.where = f"{self.file}:{place.line}"
        if place.path:
            error.where += f": {place.path}"
        self.found.append((place.line, error))

    def raise_any(self) -> None:
        """Raise the only fault as it is, or several as one error with a line for each.

        The single errors, with their fields, are then in the group that is its cause.
        """
        if not self.found:
            return
        ordered = [error for _, error in sorted(self.found, key=lambda x: x[0])]
        if len(ordered) == 1:
            raise ordered[0]
        # An anchor's fault is found wherever it is used; the same line is said once.
        lines = "\n".join(dict.fromkeys(map(str, ordered)))
        raise SettingsError(lines) from ExceptionGroup(self.file, ordered)

    def _template(self, place: Place) -> Place:
        """The place in what was written, where it stands in something declared by `each`."""
        own = ".".join(place.path.split(".", 2)[:2])
        written = self.written.get(own)
        return Place(written + place.path[len(own) :], place.line) if written else place


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant, by difflib's ratio."""
    from difflib import get_close_matches

    close = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return close[0] if close else None
