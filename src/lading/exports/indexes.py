"""Where pip is to look for wheels, as an app's own files say it; what lets it in stays out.

Passwords and tokens come by build secrets, which no layer, history or cache of a build keeps.
Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/,
https://docs.docker.com/build/building/secrets/.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from lading.building.lockfile import Wheel
from lading.building.wheels import requirements

_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
"""What pip replaces in a requirements file by a variable of its environment."""
_FOLDERS = ("-f", "--find-links")
_OF_PROJECTS = (".toml", ".lock")
FILES = ("netrc", "pip.conf")
"""Build secrets that are files of the user's."""


@dataclass(frozen=True)
class Indexes:
    """What a requirements file says of indexes."""

    options: tuple[str, ...] = ()
    """Lines in pip's words, without passwords; `${NAME}` as it stands."""
    folders: tuple[Path, ...] = ()
    """Of this machine, with wheels in them."""
    guarded: bool = False
    """Whether an index that only the user's own settings name asks for a password."""

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of variables that stand in the options: build secrets, each of them."""
        return tuple(sorted({x for one in self.options for x in _VARIABLE.findall(one)}))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Build secrets that may be given; none where PyPI, or a mirror of it, has all."""
        return (*FILES, *self.variables) if self.options or self.guarded else ()

    def wheel(self, wheel: Wheel) -> Path | None:
        """The very wheel, where one of the folders has it."""
        for folder in self.folders:
            path = folder / wheel.filename
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == wheel.sha256:
                return path
        return None


def of(asked: Path | None, guarded: bool = False) -> Indexes:
    """Of a requirements file, or of the project that it belongs to. Raises RequirementsError."""
    if asked is None:
        return Indexes(guarded=guarded)
    said = [*(_of_uv(asked) if asked.suffix in _OF_PROJECTS else requirements.index_options(asked))]
    options: list[str] = []
    folders: list[Path] = []
    for option, _, value in (one.partition(" ") for one in said):
        place = value.removeprefix("file://")
        if value and "://" not in place and option in _FOLDERS:
            folders.append(asked.parent / place)
        elif option != "--no-index":
            options.append(f"{option} {_without_password(value)}".strip())
    return Indexes(tuple(dict.fromkeys(options)), tuple(folders), guarded)


def _of_uv(asked: Path) -> Iterator[str]:
    project = asked.with_name("pyproject.toml")
    settings = requirements.toml(project).get("tool", {}).get("uv", {}) if project.is_file() else {}
    for index in settings.get("index", ()):
        option = "--index-url" if index.get("default") else "--extra-index-url"
        yield f"{option} {index.get('url', '')}"
    for key in ("index-url", "extra-index-url", "find-links"):
        yield from (f"--{key} {value}" for value in _listed(settings.get(key)))


def _listed(value: Any) -> Iterable[str]:
    return value if isinstance(value, list) else [value] if value else []


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    before, at, host = parts.netloc.rpartition("@")
    if not at or _VARIABLE.search(before):
        return url
    return urlunsplit(parts._replace(netloc=host))
