"""Whether an image has the program that its command starts: said when it is built, not later.

The program is looked for as execvp(3) and the kernel would, in the user's files and in the layers
below them, links followed. Where it is a script, what its first line names is looked for too.
"""

from __future__ import annotations

import json
import posixpath
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from lading.building import in_image
from lading.building.layers import cache as keys
from lading.building.layers.record import write_record
from lading.building.layers.source import Found
from lading.building.layers.wanted import LayerKind
from lading.building.recipe import Recipe
from lading.errors import BuildError
from lading.oci import Layer
from lading.stores.uncompressed import tar_of

PACKAGES: Mapping[str, str] = {
    "R": "r-base-core",
    "Rscript": "r-base-core",
    "bash": "bash",
    "erl": "erlang-base",
    "guile": "guile-3.0",
    "java": "default-jre-headless",
    "julia": "julia",
    "lua": "lua5.4",
    "node": "nodejs",
    "nodejs": "nodejs",
    "npm": "npm",
    "npx": "npm",
    "octave": "octave",
    "perl": "perl",
    "php": "php-cli",
    "ruby": "ruby",
    "sh": "dash",
    "tclsh": "tcl",
}
"""Debian's package of a program, for those that are asked for most."""
_OF_THE_USER = (LayerKind.MODEL, LayerKind.CODE)
_MOST_LINKS = 40
_FIRST_LINE_BYTES = 256


class _File(NamedTuple):
    executable: bool
    link: str = ""
    """What a symlink leads to."""


class _Sought(NamedTuple):
    """What was found of a program; `place` is empty where nothing was."""

    place: str
    executable: bool


@dataclass(frozen=True)
class Command:
    """The command of a recipe, and the files it will find: those of the user, and layers below."""

    recipe: Recipe
    variables: Mapping[str, str]
    files: Sequence[Found]
    layers: Sequence[tuple[LayerKind, Layer]]
    cache: Path

    def check(self) -> None:
        """Raises BuildError where its program is not in the image, or could not be started."""
        if self.recipe.is_served or not self.recipe.command:
            return
        program = self.recipe.command[0]
        found = self._find(program)
        if not found.place:
            raise self._missing(program)
        if not found.executable:
            raise BuildError(
                "the program of its command is not executable",
                self.recipe.name,
                came=program,
                todo=f"run: chmod +x {program}",
            )
        if own := self._of_user(found.place):
            self._check_script(own, program)

    def _check_script(self, script: Found, program: str) -> None:
        """What a script's first line names (execve(2), "Interpreter scripts")."""
        with script.full.open("rb") as file:
            first, *_ = file.read(_FIRST_LINE_BYTES).split(b"\n", 1)
        if not first.startswith(b"#!"):
            return
        words = first[2:].decode(errors="replace").split()
        needed = words[:1]
        if words[1:] and posixpath.basename(words[0]) == "env":
            needed = [words[0], next((x for x in words[1:] if not x.startswith("-")), words[0])]
        for one in needed:
            if not self._find(one).executable:
                raise self._missing(one, f"{program} begins with {first.decode(errors='replace')}")

    def _missing(self, program: str, why: str = "") -> BuildError:
        name = posixpath.basename(program)
        suggestion = f"add `packages: [{PACKAGES[name]}]`" if name in PACKAGES else ""
        if program == "python" and self._find("python3").executable:
            suggestion = "write `python3`, as this image calls it"
        otherwise = "add the Debian package that has it to `packages`, or the file to `source`"
        return BuildError(
            f"the image has no program {program}" + (f", and {why}" if why else ""),
            self.recipe.name,
            todo=suggestion or otherwise,
        )

    def _find(self, program: str) -> _Sought:
        """The first that is there, of all places where the program may be."""
        if "/" in program:
            places = [posixpath.normpath(posixpath.join(in_image.APP, program))]
        else:
            folders = self.variables["PATH"].split(":")
            places = [posixpath.join(in_image.APP, folder, program) for folder in folders]
        passed = []
        for place in places:
            if own := self._of_user(place):
                if own.is_executable or "/" in program:
                    return _Sought(place, own.is_executable)
                passed.append(place)
        below = self._below(places)
        return below if below.place or not passed else _Sought(passed[0], False)

    def _of_user(self, place: str) -> Found | None:
        inside = posixpath.relpath(place, in_image.APP)
        found = next((one for one in self.files if one.path == inside), None)
        if found is not None and found.target:
            return self._of_user(posixpath.normpath(f"{posixpath.dirname(place)}/{found.target}"))
        return found if found is not None and found.is_file else None

    def _below(self, places: Sequence[str]) -> _Sought:
        """The first of `places` in the layers below the user's; remembered, for they are large."""
        digests = [str(layer.diff_id) for layer in self._lower]
        record = self.cache / "programs" / f"{keys.key('program', [*digests, *places])}.json"
        try:
            return _Sought(*json.loads(record.read_bytes()))
        except (OSError, ValueError, TypeError):
            pass
        found = _Sought("", False)
        for place in places:
            file = self._followed(place)
            if file is not None and not (found.place and not file.executable):
                found = _Sought(place, file.executable)
                if file.executable:
                    break
        write_record(record, json.dumps(found).encode())
        return found

    @property
    def _lower(self) -> list[Layer]:
        return [layer for kind, layer in self.layers if kind not in _OF_THE_USER]

    @cached_property
    def _tree(self) -> dict[str, _File]:
        found = {}
        for layer in self._lower:
            with tar_of(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
                for one in tar:
                    if not one.isdir():
                        found[f"/{one.name}"] = _File(bool(one.mode & 0o100), _target(one))
        return found

    def _followed(self, place: str) -> _File | None:
        """The file that a path leads to, links of folders above it included."""
        for _ in range(_MOST_LINKS):
            for at in _prefixes(place):
                file = self._tree.get(at)
                if file is not None and file.link:
                    above = posixpath.dirname(at)
                    target = posixpath.join(above, file.link)
                    place = posixpath.normpath(target + place[len(at) :])
                    break
            else:
                return self._tree.get(place)
        return None


def _target(member: tarfile.TarInfo) -> str:
    if member.issym():
        return member.linkname
    return f"/{member.linkname}" if member.islnk() else ""


def _prefixes(path: str) -> list[str]:
    """`/a`, `/a/b`, `/a/b/c` of `/a/b/c`."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: count + 1]) for count in range(len(parts))]
