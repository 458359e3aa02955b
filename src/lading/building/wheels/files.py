"""Of a resolved package's files, the one that a target takes."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name, parse_wheel_filename

from lading.building.lockfile import Wheel
from lading.building.wheels import explain
from lading.building.wheels.compiled import Package
from lading.building.wheels.target import Target
from lading.errors import RequirementsError

_UNFIT = sys.maxsize


def wheel(package: Package, path: Path, target: Target) -> Wheel:
    """The best wheel of a package for `target`. Raises RequirementsError where none fits."""
    name = canonicalize_name(package["name"])
    found = fitting(package, target)
    if found is None:
        raise explain.source_only(name, path, target)
    sha256 = found.get("hashes", {}).get("sha256") or _hash_here(found, path, name)
    return Wheel(name, package["version"], filename(found), sha256, found.get("size", 0))


def fitting(package: Package, target: Target) -> Mapping[str, Any] | None:
    """The entry of the wheel that fits best; None where none does."""
    files: dict[str, Mapping[str, Any]] = {filename(x): x for x in package.get("wheels", ())}
    ranked = sorted((_rank(name, target), name) for name in files)
    if not ranked or ranked[0][0][0] == _UNFIT:
        return None
    return files[ranked[0][1]]


def fits(name: str, target: Target) -> bool:
    """Whether a wheel of that file name runs on `target`."""
    return _rank(name, target)[0] != _UNFIT


def allowed(package: Package, hashes: Mapping[str, set[str]]) -> Package:
    """A package with those of its wheels alone that the requirements allow, where there are any."""
    mine = hashes.get(canonicalize_name(package["name"]), set())
    files = package.get("wheels", ())
    kept = [file for file in files if file.get("hashes", {}).get("sha256") in mine]
    return {**package, "wheels": kept} if kept else package


def filename(file: Mapping[str, Any]) -> str:
    """Of an entry for a file, wherever it lies."""
    place = file.get("name") or urlsplit(file.get("url", "")).path or file.get("path", "")
    return unquote(place).replace("\\", "/").rsplit("/", 1)[-1]


def place(file: Mapping[str, Any]) -> str:
    """The URL or path of an entry for a file."""
    return str(file.get("url") or file.get("path", ""))


def _rank(name: str, target: Target) -> tuple[int, tuple[int, ...]]:
    """Lower is better; of equal tags the higher build number."""
    _, _, build, tags = parse_wheel_filename(name)
    return min(target.ranks.get(tag, _UNFIT) for tag in tags), tuple(-part for part in build[:1])


def _hash_here(file: Mapping[str, Any], path: Path, name: str) -> str:
    """Of a wheel in a folder, which no index gave a hash."""
    url = urlsplit(file.get("url", ""))
    local = Path(unquote(url.path) if url.scheme == "file" else file.get("path", ""))
    if not local.is_absolute():
        local = path.parent / local
    if not local.is_file():
        raise RequirementsError(
            "its index gives no SHA-256",
            where=f"{path}: {name}",
            todo="take it from an index that does, such as https://pypi.org/simple",
        )
    return hashlib.sha256(local.read_bytes()).hexdigest()
