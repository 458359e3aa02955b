"""Wheels that no index has, kept by their hash, and which source each was made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lading.building.layers.record import write_record
from lading.building.lockfile import Deb, Wheel


@dataclass(frozen=True)
class Made:
    """A wheel, and the Debian packages that it was built on; none where none was needed."""

    wheel: Wheel
    tools: tuple[Deb, ...] = ()


@dataclass(frozen=True)
class Kept:
    """Below `cache`, which may be deleted at any time: what is gone is made again."""

    cache: Path

    def path(self, wheel: Wheel) -> Path:
        """Where a wheel lies, or would."""
        return self.cache / "wheels" / wheel.sha256 / wheel.filename

    def lacking(self, wheels: Iterable[Wheel]) -> list[Wheel]:
        """Those that no index has, and that are not here. Cheap: asked for at every build."""
        return [one for one in wheels if one.origin and not self.path(one).is_file()]

    def keep(self, filename: str, content: bytes) -> tuple[Path, str]:
        """Where it lies from now on, and its SHA-256. Raises StoreError."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.cache / "wheels" / sha256 / filename
        if not path.is_file() or path.stat().st_size != len(content):
            write_record(path, content)
        return path, sha256

    def find(self, key: str) -> Made | None:
        """What was made under `key`, if the wheel is still there."""
        try:
            made = msgspec.json.decode(self._record(key).read_bytes(), type=Made)
        except (OSError, msgspec.MsgspecError):
            return None
        return made if self.path(made.wheel).is_file() else None

    def remember(self, key: str, made: Made) -> None:
        """Raises StoreError when the disk does not take it."""
        write_record(self._record(key), msgspec.json.encode(made))

    def _record(self, key: str) -> Path:
        return self.cache / "wheels" / "made" / f"{key}.json"
