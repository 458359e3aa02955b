"""Files that were searched and have no secret: not searched again as long as they are the same."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path

from lading.building.layers.record import write_record

_OWN = Path(__file__).parent


@cache
def _rules() -> str:
    """A hash of what decides what is found: other rules may find more in the same file."""
    content = hashlib.sha256()
    for path in sorted(_OWN.glob("*.py")):
        content.update(path.read_bytes())
    return content.hexdigest()


class Remembered:
    """What is known of the files of one folder. May be deleted at any time."""

    def __init__(self, folder: Path, source: Path, kept: bool = True) -> None:
        self._kept = kept
        name = hashlib.sha256(os.fsencode(os.path.realpath(source))).hexdigest()
        self._path = folder / "secrets" / f"{name}.json"
        self._before = self._read()
        self._after: dict[str, str] = {}

    def is_clean(self, path: str, said: str) -> bool:
        """Whether the file of that hash was searched under that name, and nothing was found."""
        if not said or self._before.get(path) != said:
            return False
        self._after[path] = said
        return True

    def learn(self, path: str, said: str) -> None:
        if said:
            self._after[path] = said

    def save(self) -> None:
        """Raises StoreError."""
        if self._kept and self._after != self._before:
            document = {"rules": _rules(), "clean": self._after}
            write_record(self._path, json.dumps(document).encode())
            self._before = dict(self._after)

    def _read(self) -> dict[str, str]:
        try:
            document = json.loads(self._path.read_bytes())
            return dict(document["clean"]) if document["rules"] == _rules() else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}
