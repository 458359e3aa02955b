"""What a user's requirements file says, and which other files it leans on.

Source of the format: https://pip.pypa.io/en/stable/reference/requirements-file-format/.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lading.building.places import shown
from lading.building.wheels import conda
from lading.errors import RequirementsError

if TYPE_CHECKING:
    from packaging.requirements import Requirement

# `packaging` is imported where a requirement is parsed: every build compares fingerprints, and it
# costs 13 ms.
_RUNTIME = "lading_runtime"
INCLUDE = re.compile(r"^(?P<option>-r|-c|--requirement|--constraint)(?:\s+|=)(?P<file>\S+)")
_INDEX = re.compile(
    r"^(-i|--index-url|--extra-index-url|-f|--find-links|--no-index|--trusted-host)(?:(?:\s+|=)(\S+))?$"
)
_OPTION_OF_REQUIREMENT = re.compile(r"\s+--(?:hash|config-settings|global-option)\b.*$")
_HASH = re.compile(r"\s--hash[=\s]")
_SHA256 = re.compile(r"\s--hash[=\s]\s*sha256:([0-9a-f]{64})\b")
_COMMENT = re.compile(r"(^|\s)#.*$")


@dataclass(frozen=True)
class Line:
    """A line that says something: what, in which file, and where there (from 1)."""

    file: Path
    number: int
    text: str
    constrains: bool = False
    """It asks for nothing: it only says which version, where something else asks."""

    @property
    def where(self) -> str:
        """For people: file and number."""
        return f"{shown(self.file)}:{self.number}"

    @property
    def name(self) -> str | None:
        """The requirement's normalised name; None for options, URLs and paths."""
        from packaging.requirements import InvalidRequirement, Requirement
        from packaging.utils import canonicalize_name

        try:
            text = _OPTION_OF_REQUIREMENT.sub("", self.text)
            return canonicalize_name(Requirement(text).name)
        except InvalidRequirement:
            return None


def lines(path: Path) -> list[Line]:
    """The lines of a requirements file and of those it includes.

    Raises RequirementsError for a file that is missing or cannot be read.
    """
    if path.suffix == ".toml":
        return list(_of_project(path))
    if path.suffix == ".lock":
        return []
    if conda.is_one(path):
        return list(_of_conda(path))
    return list(_of_text(path, set()))


def fingerprint(path: Path) -> str:
    """A hash over everything in `path` that can change what it resolves to."""
    seen = hashlib.sha256()
    if path.suffix == ".lock":
        seen.update(_read(path, None).encode())
    elif path.suffix == ".toml":
        document = toml(path)
        project = document.get("project", {})
        said = [project.get("dependencies"), document.get("tool", {}).get("uv")]
        # A project may ask for extras of its own.
        if extras := project.get("optional-dependencies"):
            said.append(extras)
        seen.update(repr(tuple(said)).encode())
    else:
        for line in lines(path):
            seen.update(line.text.encode() + b"\n")
    return seen.hexdigest()


def line_of(path: Path, name: str) -> Line | None:
    """Where a package is asked for directly; None when it is something else's dependency."""
    from packaging.utils import canonicalize_name

    wanted = canonicalize_name(name)
    return next((line for line in lines(path) if line.name == wanted), None)


def hashes(path: Path) -> dict[str, set[str]]:
    """The SHA-256 that `path` allows, by name, of the packages that it gives any hash for."""
    found: dict[str, set[str]] = {}
    for line in lines(path):
        if _HASH.search(line.text) and (name := line.name):
            found.setdefault(name, set()).update(_SHA256.findall(line.text))
    return found


def index_options(path: Path) -> list[str]:
    """Lines of options that say where what `path` asks for is found; `${NAME}` as it stands.

    Of a project, the indexes that it keeps for some packages alone; uv reads the others by itself.
    """
    if path.suffix not in (".toml", ".lock"):
        found = ((line, _INDEX.match(line.text)) for line in lines(path))
        return [_index_option(line.file, *match.groups("")) for line, match in found if match]
    project = path.with_name("pyproject.toml")
    uv = toml(project).get("tool", {}).get("uv", {}) if project.is_file() else {}
    kept = (index.get("url") for index in uv.get("index", []) if index.get("explicit"))
    return [_index_option(project, "--extra-index-url", url) for url in kept if url]


def is_index_option(text: str) -> bool:
    """Whether a line says where packages are found."""
    return bool(_INDEX.match(text))


def _index_option(file: Path, option: str, value: str) -> str:
    # A folder is told from the file that names it, which this line will not stand in.
    is_place = value and "://" not in value and (file.parent / value).exists()
    return f"{option} {(file.parent / value).resolve() if is_place else value}".strip()


def runtime_file() -> Path:
    """Where lading_runtime says what it needs; found, never imported."""
    spec = find_spec(_RUNTIME)
    if spec is None or not spec.submodule_search_locations:
        raise RequirementsError("is not installed", where=_RUNTIME, todo="install Lading again")
    return Path(spec.submodule_search_locations[0]) / "requirements.txt"


def lines_of_runtime() -> list[str]:
    """What lading_runtime needs in every image, as it is written."""
    said = (_COMMENT.sub("", line).strip() for line in runtime_file().read_text().splitlines())
    return [line for line in said if line]


def of_runtime() -> list[Requirement]:
    """What lading_runtime needs in every image."""
    from packaging.requirements import Requirement

    return [Requirement(line) for line in lines_of_runtime()]


def _of_text(
    path: Path, seen: set[Path], asked_by: Line | None = None, *, constrains: bool = False
) -> Iterator[Line]:
    if path.resolve() in seen:
        return
    seen.add(path.resolve())
    text = _read(path, asked_by)
    # Continued lines are joined, and counted, where they begin.
    joined = re.sub(r"\\\n", lambda _: "\v", text)
    number = 1
    for raw in joined.split("\n"):
        said = _COMMENT.sub("", raw.replace("\v", " ")).strip()
        line = Line(path, number, said, constrains)
        number += 1 + raw.count("\v")
        if not said:
            continue
        yield line
        if include := INCLUDE.match(said):
            limits = constrains or include["option"] in ("-c", "--constraint")
            yield from _of_text(_included(include, line), seen, line, constrains=limits)


def _included(include: re.Match[str], line: Line) -> Path:
    if "://" in include["file"]:
        came, todo = include["file"].rpartition("@")[2], "download it, and name the file"
        raise RequirementsError("is at an address, not in a folder", line.where, "", came, todo)
    return line.file.parent / include["file"]


def _of_conda(path: Path) -> Iterator[Line]:
    for asked in conda.read(path, _read(path, None)).pip:
        line = Line(path, asked.number, asked.text)
        yield line
        if include := INCLUDE.match(asked.text):
            constrains = include["option"] in ("-c", "--constraint")
            yield from _of_text(_included(include, line), set(), line, constrains=constrains)


def _of_project(path: Path) -> Iterator[Line]:
    text = _read(path, None).splitlines()
    for requirement in toml(path).get("project", {}).get("dependencies", []):
        numbers = (n for n, line in enumerate(text, 1) if requirement in line)
        yield Line(path, next(numbers, 1), requirement)


def toml(path: Path) -> dict[str, Any]:
    """A pyproject.toml. Raises RequirementsError for what cannot be read, or is no TOML."""
    import tomllib

    try:
        return tomllib.loads(_read(path, None))
    except tomllib.TOMLDecodeError as error:
        raise RequirementsError("is not TOML", where=str(path), came=str(error)) from error


def _read(path: Path, asked_by: Line | None) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        came = error.strerror if isinstance(error, OSError) else "bytes that are not UTF-8"
        where = asked_by.where if asked_by else shown(path)
        raise RequirementsError(
            f"{shown(path)} cannot be read" if asked_by else "cannot be read",
            where=where,
            expected="a file of requirements",
            came=came or "",
        ) from error
