"""What a wheel says of itself, as far as resolving asks. Source: "Core metadata specifications"."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Metadata:
    """What a wheel says of itself (core metadata specifications), as far as it is needed."""

    name: str
    """Normalised."""
    version: str
    requires: tuple[str, ...]
    requires_python: str
    extras: tuple[str, ...]

    def for_uv(self) -> dict[str, Any]:
        """An entry of uv's `dependency-metadata`."""
        told: dict[str, Any] = {
            "name": self.name,
            "version": self.version,
            "requires-dist": list(self.requires),
            "provides-extra": list(self.extras),
        }
        return {**told, "requires-python": self.requires_python} if self.requires_python else told


def of(path: Path) -> Metadata:
    """Raises zipfile.BadZipFile, or ValueError, for what is no wheel."""
    from packaging.metadata import parse_email
    from packaging.utils import canonicalize_name

    with zipfile.ZipFile(path) as wheel:
        names = [
            x for x in wheel.namelist() if x.endswith(".dist-info/METADATA") and x.count("/") == 1
        ]
        if not names:
            raise ValueError("no METADATA in it")
        raw, _ = parse_email(wheel.read(names[0]))
    if "name" not in raw or "version" not in raw:
        raise ValueError("no name or version in its METADATA")
    return Metadata(
        canonicalize_name(raw["name"]),
        raw["version"],
        tuple(raw.get("requires_dist", ())),
        raw.get("requires_python", ""),
        tuple(raw.get("provides_extra", ())),
    )
