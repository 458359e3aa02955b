"""Resolve Python requirements to wheels: one version of each, one file of each, by hash.

uv resolves, for the image's Python and platform; it runs nothing of what it resolves. What index a
wheel came from stays out: the name and hash say enough, and a URL may hold a credential.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.markers import Marker
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from lading.building.lockfile import Wheel
from lading.building.wheels import explain, indexes, program, requirements
from lading.building.wheels.target import Target
from lading.errors import RequirementsError

_PYLOCK_HEAD = 'lock-version = "1.0"\ncreated-by = "lading"\n'


def wheels(path: Path, target: Target, prefer: Mapping[str, str]) -> tuple[Wheel, ...]:
    """What the requirements file `path` needs on `target`, sorted by name.

    `prefer` has versions by name that are kept to while they satisfy. Raises RequirementsError for
    what is unknown, conflicts, or exists only as source.
    """
    explain.refuse_unnamed(path)
    if path.name == "uv.lock":
        found = _exported(path, target)
    else:
        found = _compiled(path, [], target, prefer)
    allowed = requirements.hashes(path)
    chosen = sorted(_wheel(_of_hashes(package, allowed), path, target) for package in found)
    for wheel in chosen:
        if wheel.sha256 not in allowed.get(wheel.name, {wheel.sha256}):
            raise explain.other_hash(path, wheel)
    return tuple(chosen)


def runtime(
    path: Path | None, user: Sequence[Wheel], target: Target, prefer: Mapping[str, str]
) -> tuple[Wheel, ...]:
    """What lading_runtime needs beside what `user` has, sorted by name.

    Raises RequirementsError where the user's version of a package is outside the runtime's range;
    `path` is the file to name then.
    """
    versions = {wheel.name: wheel.version for wheel in user}
    for requirement in requirements.of_runtime():
        name = canonicalize_name(requirement.name)
        if name in versions and not requirement.specifier.contains(versions[name], True):
            raise explain.clash(path, name, versions[name], str(requirement))
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        pins = (f"{name}=={version}\n" for name, version in sorted(versions.items()))
        constraints.write_text("".join(pins))
        asked = requirements.runtime_file()
        found = _compiled(asked, ["--constraint", str(constraints)], target, prefer)
        chosen = [_wheel(package, asked, target) for package in found]
    return tuple(sorted(wheel for wheel in chosen if wheel.name not in versions))


def _compiled(
    path: Path, options: list[str], target: Target, prefer: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Packages of the pylock.toml (PEP 751) that uv compiles from a requirements file."""
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "pylock.toml"
        # uv takes the versions of a lock that is there already, where they still satisfy.
        if prefer:
            pins = (_preference(*pin) for pin in sorted(prefer.items()))
            lock.write_text(_PYLOCK_HEAD + "".join(pins))
        command = ["pip", "compile", str(path.resolve()), "--output-file", str(lock), *options]
        command += ["--format", "pylock.toml", "--only-binary", ":all:", "--no-header"]
        command += ["--python-version", target.python, "--python-platform", target.uv_platform]
        command += indexes.options()
        _uv([*command, "--python", sys.executable], path, target)
        return _packages(lock.read_text(), target)


def _exported(path: Path, target: Target) -> list[dict[str, Any]]:
    """Packages of a uv.lock, as it stands, that apply to `target`."""
    command = ["export", "--frozen", "--project", str(path.resolve().parent), "--no-dev"]
    command += ["--format", "pylock.toml", "--no-emit-project", "--no-header"]
    return _packages(_uv([*command, "--python", sys.executable], path, target), target)


def _preference(name: str, version: str) -> str:
    return f'[[packages]]\nname = "{name}"\nversion = "{version}"\nwheels = []\n'


def _uv(arguments: list[str], path: Path, target: Target) -> str:
    done = subprocess.run(
        [program.uv(), *arguments, "--quiet", "--color", "never"],
        env=indexes.environment(),
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise explain.failure(done.stderr, path, target)
    return done.stdout


def _packages(pylock: str, target: Target) -> list[dict[str, Any]]:
    return [
        package
        for package in tomllib.loads(pylock).get("packages", [])
        if "marker" not in package or Marker(package["marker"]).evaluate(target.markers)
    ]


def _of_hashes(package: dict[str, Any], allowed: Mapping[str, set[str]]) -> dict[str, Any]:
    """A package with those of its files alone that the requirements allow, where there are any."""
    hashes = allowed.get(canonicalize_name(package["name"]), set())
    files = package.get("wheels", [])
    kept = [file for file in files if file.get("hashes", {}).get("sha256") in hashes]
    return {**package, "wheels": kept} if kept else package


def _wheel(package: dict[str, Any], path: Path, target: Target) -> Wheel:
    """The best file of a locked package for `target`."""
    name = canonicalize_name(package["name"])
    if not package.get("wheels"):
        raise explain.source_only(name, path, target)
    files = {_filename(file): file for file in package["wheels"]}
    ranked = sorted((_rank(filename, target), filename) for filename in files)
    (rank, _), filename = ranked[0]
    if rank == _UNFIT:
        raise explain.source_only(name, path, target)
    file = files[filename]
    sha256 = file.get("hashes", {}).get("sha256") or _hash_here(file, path, name)
    return Wheel(name, package["version"], filename, sha256, file.get("size", 0))


_UNFIT = sys.maxsize


def _rank(filename: str, target: Target) -> tuple[int, tuple[int, ...]]:
    """Lower is better; of equal tags the higher build number."""
    _, _, build, tags = parse_wheel_filename(filename)
    return min(target.ranks.get(tag, _UNFIT) for tag in tags), tuple(-part for part in build[:1])


def _filename(file: Mapping[str, Any]) -> str:
    place = file.get("name") or urlsplit(file.get("url", "")).path or file.get("path", "")
    return unquote(place).replace("\\", "/").rsplit("/", 1)[-1]


def _hash_here(file: Mapping[str, Any], path: Path, name: str) -> str:
    """Of a wheel in a folder, which no index gave a hash."""
    url = urlsplit(file.get("url", ""))
    local = Path(unquote(url.path) if url.scheme == "file" else file.get("path", ""))
    if not local.is_file():
        raise RequirementsError(
            "its index gives no SHA-256",
            where=f"{path}: {name}",
            todo="take it from an index that does, such as https://pypi.org/simple",
        )
    return hashlib.sha256(local.read_bytes()).hexdigest()


def versions(locked: Iterable[Wheel]) -> dict[str, str]:
    """Preferences from wheels that are locked already."""
    return {wheel.name: str(Version(wheel.version)) for wheel in locked}
