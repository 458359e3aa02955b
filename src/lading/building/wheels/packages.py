"""The source of a resolved package, as a pylock.toml (PEP 751) tells of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lading.building.lockfile import Wheel
from lading.building.wheels import files
from lading.building.wheels.compiled import Package
from lading.building.wheels.requirements import Line
from lading.building.wheels.sources.direct import Direct
from lading.building.wheels.sources.fetch import Source, Sources
from lading.building.wheels.sources.origin import Origin


def source(package: Package, path: Path, sources: Sources, where: str) -> Source | None:
    """Brought here; None where it names none. Raises RequirementsError."""
    if "sdist" in package:
        one = package["sdist"]
        sha256 = one.get("hashes", {}).get("sha256", "")
        return sources.of_index(files.filename(one), files.place(one), sha256, where)
    place = _place(package)
    if not place:
        return None
    commit = package.get("vcs", {}).get("commit-id", "")
    number = int(where.rpartition(":")[2]) if where.rpartition(":")[2].isdigit() else 1
    wanted = Direct(Line(path, number, place), place, package["name"], kept=commit)
    return sources.direct(wanted)


def sha256_of_source(wheel: Wheel) -> str:
    """Of what a wheel was built from; empty where an index has the wheel."""
    return Origin.parse(wheel.origin).sha256 if wheel.origin else ""


def _place(package: Package) -> str:
    """What is no file of an index: a repository, a folder, an archive."""
    for kind, prefix in (("vcs", "git+"), ("directory", ""), ("archive", "")):
        if kind in package:
            one: dict[str, Any] = package[kind]
            ref = one.get("requested-revision", "")
            said = f"{prefix}{files.place(one)}{f'@{ref}' if ref else ''}"
            below = one.get("subdirectory", "")
            return f"{said}#subdirectory={below}" if below else said
    return ""
