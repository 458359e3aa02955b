"""What is wanted of an app, kept beside a database on another machine: for when that is away.

Only the app's own controller changes what is wanted here, so the copy is as good as the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from lading.controller.messages import WantedApp
from lading.controller.place import Place


@dataclass(frozen=True)
class Copy:
    """A `WantedApp` as JSON in `file`; whole or not at all."""

    file: Path

    @classmethod
    def of(cls, place: Place) -> Copy | None:
        """None where the database is a file here as well."""
        return None if place.state.file else cls(place.copy_file)

    def write(self, app: WantedApp) -> None:
        """In the place of the one before. Raises OSError."""
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self.file.with_suffix(".new")
        temporary.write_bytes(msgspec.json.encode(app))
        temporary.rename(self.file)

    def read(self) -> WantedApp | None:
        """None where there is none, or one of another version of Lading."""
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=WantedApp)
        except (OSError, msgspec.DecodeError):
            return None
