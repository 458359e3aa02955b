"""What an archive says of how it is built, read without running anything of it.

Source: PEP 517 and PEP 518, and what setuptools is for what says nothing.
"""

from __future__ import annotations

import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from lading.building.wheels.sources.fetch import Source
from lading.errors import RequirementsError

_NATIVE = (
    *(".c", ".cc", ".cpp", ".cxx", ".m", ".pyx", ".pyd", ".f", ".f77", ".f90", ".f95", ".rs", ".s"),
    *("meson.build", "CMakeLists.txt", "Cargo.toml", "binding.gyp"),
)
"""Ends of names that tell of a compiler."""
_OF_RUST = "maturin"
_LEGACY = ("setuptools>=40.8.0", "wheel")


@dataclass(frozen=True)
class Project:
    """How to build what an archive holds."""

    backend: str
    path: tuple[str, ...]
    """Folders inside, where the backend itself is a part of the project."""
    requires: tuple[str, ...]
    native: bool
    """Whether it looks as if a compiler were needed."""
    crates: bool = False
    """Whether it is written in Rust, and brings none of the crates that it needs."""


def read(source: Source, where: str) -> Project:
    """Raises RequirementsError for an archive that is none, or holds no Python project."""
    try:
        return _read(source, where)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        came = str(error) or "nothing"
        raise RequirementsError(
            "is no archive of a project", where, f"a whole {source.filename}", came
        ) from error


def _read(source: Source, where: str) -> Project:
    if source.filename.endswith(".zip"):
        with zipfile.ZipFile(source.path) as packed:
            names = [name for name in packed.namelist() if not name.endswith("/")]
            return _project(names, packed.read, source, where)
    with tarfile.open(source.path) as tar:
        members = {member.name.removeprefix("./"): member for member in tar if not member.isdir()}

        def content(name: str) -> bytes:
            file = tar.extractfile(members[name])
            return file.read() if file else b""

        return _project(members, content, source, where)


def _project(
    names: Iterable[str], content: Callable[[str], bytes], source: Source, where: str
) -> Project:
    below = source.origin.subdirectory
    inside = {_inside(name, below): name for name in names}
    native = any(name.endswith(_NATIVE) for name in inside if name)
    crates = _lacks_crates(inside)
    if "pyproject.toml" not in inside:
        if "setup.py" not in inside:
            raise RequirementsError(
                "is no Python project",
                where=where,
                expected=f"a pyproject.toml or setup.py in {below or source.origin.place}",
                came="neither",
            )
        return Project("setuptools.build_meta:__legacy__", ("",), _LEGACY, native)
    try:
        document = tomllib.loads(content(inside["pyproject.toml"]).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        came = str(error)
        raise RequirementsError("its pyproject.toml is not TOML", where, came=came) from error
    found = _of_table(document.get("build-system"), native)
    return replace(found, crates=crates and found.backend == _OF_RUST)


def _lacks_crates(inside: Iterable[str]) -> bool:
    """`cargo vendor` puts each crate into a folder, usually called so, with its checksums."""
    names = [name.rpartition("/")[2] for name in inside]
    return "Cargo.toml" in names and ".cargo-checksum.json" not in names


def _of_table(table: dict[str, Any] | None, native: bool) -> Project:
    if table is None or "build-backend" not in table:
        requires = tuple(table.get("requires", _LEGACY)) if table else _LEGACY
        return Project("setuptools.build_meta:__legacy__", ("",), requires, native)
    path = tuple(table.get("backend-path", ()))
    return Project(table["build-backend"], path, tuple(table.get("requires", ())), native)


def _inside(name: str, below: str) -> str:
    """A path below the only folder at the top, and below `below` in it; empty for all others."""
    path = name.partition("/")[2]
    if not below:
        return path
    return path.removeprefix(f"{below}/") if path.startswith(f"{below}/") else ""
