"""Images that a daemon was given by one home, and that nobody needs there any more.

What another home, or somebody else, gave the daemon is not looked at: it is not known who needs it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from lading.engines.docker.api import Api, Held


@dataclass(frozen=True)
class Given:
    """Names of images that a home gave to daemons: a file with one a line.

    Used under the lock that is held while images are given.
    """

    file: Path

    def add(self, name: str) -> None:
        """Before the image is given: one that is given and not known would stay for ever."""
        if name not in self.names():
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self.file.open("a", encoding="utf-8") as stream:
                stream.write(f"{name}\n")

    def names(self) -> set[str]:
        """Also of what the daemon has lost since."""
        try:
            return set(self.file.read_text(encoding="utf-8").splitlines())
        except FileNotFoundError:
            return set()


def surplus(api: Api, given: Collection[str], kept: Collection[str]) -> list[Held]:
    """Images that were given, are not `kept` and have no container, by name."""
    return sorted(
        (
            one
            for one in api.held()
            if one.name in given and one.name not in kept and not one.containers
        ),
        key=lambda one: one.name,
    )
