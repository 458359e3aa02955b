"""What an image gets of a folder that uv installed wheels into.

Left out is what tells of the installing machine; written anew is what differs between versions of
uv. Source of the formats: the binary distribution format and "Recording installed projects",
https://packaging.python.org/en/latest/specifications/.
"""

from __future__ import annotations

import base64
import configparser
import csv
import hashlib
import io
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lading.building.layers import entry
from lading.building.layers.entry import Entry
from lading.building.layers.ignore import Patterns
from lading.building.wheels.surplus import Surplus

_NOT_REPRODUCIBLE = {"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}
_OUTSIDE = {"bin": "usr/local/bin", "share": "usr/local/share", "etc": "usr/local/etc"}
"""Where a wheel's scripts and data go; uv puts them beside the packages."""
_LAUNCHER = """\
#!{python}
import sys
from {module} import {first}
sys.exit({call}())
"""


@dataclass(frozen=True)
class Place:
    """Where in the image wheels go: `site` for packages, and its interpreter for scripts."""

    site: str
    """Relative to the root: "usr/local/lib/python3.11/dist-packages"."""
    python: str
    """Absolute."""
    scripts: bool = True
    """Whether scripts and data are wanted."""
    keep: tuple[str, ...] = ()
    """Patterns of what would be left out as surplus, and is wanted all the same."""


def entries(folder: Path, place: Place) -> list[Entry]:
    """Entries of everything in `folder` that is a wheel's, contents left where they lie."""
    tree = _Tree(folder, place)
    found = {one.path: one for one in tree.files()}
    found.update({one.path: one for one in tree.launchers()})
    found.update({one.path: one for one in tree.records(found)})
    return list(found.values())


def contested(folder: Path) -> list[str]:
    """Paths that more than one wheel brings; which one uv kept is chance."""
    rows = Counter(path for record in folder.glob("*.dist-info/RECORD") for path in _paths(record))
    return sorted(path for path, count in rows.items() if count > 1)


@dataclass(frozen=True)
class _Tree:
    folder: Path
    place: Place

    def files(self) -> Iterator[Entry]:
        for path in self._paths:
            if (to := self._to(path)) and path not in self._surplus:
                yield self._file(self.folder / path, to)

    @cached_property
    def _paths(self) -> list[str]:
        found = []
        for top, folders, names in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            relative = os.path.relpath(top, self.folder)
            paths = names if relative == "." else [f"{relative}/{name}" for name in names]
            found += [path for path in paths if not _is_left_out(path)]
        return found

    @cached_property
    def _surplus(self) -> Surplus:
        return Surplus(self._paths, self.folder.joinpath, Patterns(self.place.keep))

    def _file(self, path: Path, to: str) -> Entry:
        mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
        if to.startswith("usr/local/bin/"):
            return entry.file(to, self._script(path), 0o755)
        return entry.file(to, path, mode)

    def _script(self, path: Path) -> bytes | Path:
        """A script for the image's interpreter, as its wheel wrote it but for the first line."""
        with path.open("rb") as file:
            if file.read(2) != b"#!":
                return path
        content = path.read_bytes()
        first, _, rest = content.partition(b"\n")
        if first == b"#!/bin/sh" and rest.startswith(b"'''exec'"):
            # How an interpreter of a long path is called.
            rest = rest.split(b"\n", 2)[2]
        elif b"python" not in first:
            return content
        return b"#!%s\n%s" % (self.place.python.encode(), rest)

    def launchers(self) -> Iterator[Entry]:
        """Console scripts, in our own words: uv's differ from version to version."""
        if not self.place.scripts:
            return
        for path in sorted(self.folder.glob("*.dist-info/entry_points.txt")):
            parser = configparser.ConfigParser(delimiters="=", interpolation=None)
            parser.optionxform = str  # type: ignore[assignment,method-assign]
            parser.read_string(path.read_text("utf-8"))
            for section in ("console_scripts", "gui_scripts"):
                if parser.has_section(section):
                    for name, value in parser.items(section):
                        content = self._launcher(value).encode()
                        yield entry.file(f"usr/local/bin/{name.strip()}", content, 0o755)

    def _launcher(self, value: str) -> str:
        module, _, call = value.partition("[")[0].strip().partition(":")
        return _LAUNCHER.format(
            python=self.place.python,
            module=module.strip(),
            first=call.strip().partition(".")[0],
            call=call.strip(),
        )

    def records(self, files: dict[str, Entry]) -> Iterator[Entry]:
        """RECORD of every wheel, without what was left out, with what was changed."""
        for path in sorted(self.folder.glob("*.dist-info/RECORD")):
            rows = [row for row in _rows(path) if self._is_there(row[0])]
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            for row in sorted(rows):
                if to := self._to(row[0]):
                    writer.writerow(self._row(row, files.get(to), to))
            yield entry.file(
                f"{self.place.site}/{path.relative_to(self.folder)}", text.getvalue().encode()
            )

    def _is_there(self, path: str) -> bool:
        return not _is_left_out(path) and path not in self._surplus

    def _row(self, row: list[str], now: Entry | None, to: str) -> list[str]:
        path = os.path.relpath(f"/{to}", f"/{self.place.site}")
        if now is None or not isinstance(now.content, bytes) or not row[1]:
            return [path, *row[1:]]
        digest = base64.urlsafe_b64encode(hashlib.sha256(now.content).digest()).rstrip(b"=")
        return [path, f"sha256={digest.decode()}", str(len(now.content))]

    def _to(self, path: str) -> str | None:
        """Where a path goes; None when it stays out."""
        top, _, rest = path.partition("/")
        is_package = (self.folder / top / "__init__.py").exists()
        if not rest or top not in _OUTSIDE or is_package:
            return f"{self.place.site}/{path}"
        return f"{_OUTSIDE[top]}/{rest}" if self.place.scripts else None


def _is_left_out(path: str) -> bool:
    parts = path.split("/")
    if "__pycache__" in parts or path == ".lock":
        return True
    return parts[0].endswith(".dist-info") and len(parts) == 2 and parts[1] in _NOT_REPRODUCIBLE


def _rows(record: Path) -> list[list[str]]:
    with record.open(newline="", encoding="utf-8") as file:
        return [[*row, "", ""][:3] for row in csv.reader(file) if row and row[0]]


def _paths(record: Path) -> list[str]:
    """What a wheel brings, but for its scripts, which are written anew."""
    return [row[0] for row in _rows(record)]
