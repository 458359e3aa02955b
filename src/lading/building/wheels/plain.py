"""Requirements as uv is to see them: what is named by path or URL is a wheel that is here already.

uv would build such sources on this machine to know them. So each is brought here, made into a wheel
in a container, and uv is told of the wheel.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.markers import InvalidMarker, Marker

from lading.building.lockfile import Wheel
from lading.building.wheels import conda, requirements
from lading.building.wheels.making.kept import Made
from lading.building.wheels.making.maker import Maker
from lading.building.wheels.requirements import INCLUDE, Line
from lading.building.wheels.sources import direct
from lading.building.wheels.sources.direct import Direct
from lading.building.wheels.sources.origin import Kind, Origin
from lading.building.wheels.target import Target
from lading.errors import RequirementsError

_OPTIONS = re.compile(r"\s+--(?:hash|config-settings|global-option)\b.*$")


@dataclass(frozen=True)
class Plain:
    """`path` is what uv compiles, with `options`; `made` are the wheels it is told of, by name."""

    path: Path
    options: tuple[str, ...] = ()
    made: Mapping[str, Made] = field(default_factory=dict)


def of(
    asked: Path, target: Target, maker: Maker, before: Mapping[str, Wheel], folder: Path
) -> Plain:
    """What uv is to compile for `asked`; written below `folder` where it is another file.

    `before` has the wheels that were locked so far, whose commits are kept. Raises
    RequirementsError.
    """
    found = {line: one for line, one in _direct(asked, target).items() if one is not None}
    if not found and not conda.is_one(asked):
        return Plain(asked)
    made: dict[str, Made] = {}
    lines: dict[Line, str] = {}
    for line, one in found.items():
        wheel = maker.direct(_keeping(one, before))
        _agree(one, wheel.wheel)
        made[wheel.wheel.name] = wheel
        url = f"file://{quote(str(maker.kept.path(wheel.wheel)))}"
        marker = f" ; {one.marker}" if one.marker else ""
        lines[line] = f"{wheel.wheel.name}{one.extras} @ {url}{marker}"
    if asked.suffix == ".toml":
        overrides = folder / "overrides.txt"
        overrides.write_text("".join(f"{line}\n" for line in lines.values()))
        return Plain(asked, ("--override", str(overrides)), made)
    path = folder / "requirements.txt"
    path.write_text("".join(f"{text}\n" for text in _rewritten(asked, lines, target)))
    return Plain(path, (), made)


def directs(asked: Path) -> list[Direct]:
    """Everything that `asked` names by path or URL, whatever it is for."""
    if asked.suffix == ".toml":
        return _of_project(asked)
    found = [direct.find(line) for line in requirements.lines(asked)]
    return [one for one in found if one is not None]


def _direct(asked: Path, target: Target) -> dict[Line, Direct | None]:
    """By line; None for what this target has no need of."""
    found: dict[Line, Direct | None] = {}
    for one in directs(asked):
        if one.line.constrains:
            came = direct.without_credentials(one.place)
            todo = "name it among the requirements"
            raise RequirementsError(
                "a constraint cannot be a path or URL", one.where, "", came, todo
            )
        found[one.line] = one if _applies(one, target) else None
    return found


def _applies(one: Direct, target: Target) -> bool:
    try:
        return not one.marker or Marker(one.marker).evaluate(target.markers)
    except InvalidMarker as error:
        raise RequirementsError("is no requirement", one.where, came=str(error)) from error


def _rewritten(asked: Path, lines: Mapping[Line, str], target: Target) -> Iterator[str]:
    """All lines of `asked`, those of included files in their place."""
    yield from requirements.index_options(asked)
    for line in requirements.lines(asked):
        include = INCLUDE.match(line.text)
        if line in lines:
            yield lines[line]
        elif line.constrains:
            continue
        elif include:
            if include["option"] in ("-c", "--constraint"):
                yield f"-c {(line.file.parent / include['file']).resolve()}"
        elif not requirements.is_index_option(line.text) and not direct.find(line):
            yield line.text


def _keeping(one: Direct, before: Mapping[str, Wheel]) -> Direct:
    """The commit that is locked, while its repository and ref are the same."""
    if one.kind is not Kind.GIT:
        return one
    from lading.building.wheels.sources.git import Repository

    wanted = Repository.parse(one.url(os.environ))
    for wheel in before.values():
        origin = Origin.parse(wheel.origin) if wheel.origin else None
        same = origin and origin.kind is Kind.GIT and origin.place == wanted.public
        if origin and same and wanted.ref in (origin.ref, origin.commit):
            return replace(one, kept=origin.commit)
    return one


def _agree(one: Direct, wheel: Wheel) -> None:
    if one.name and one.name != wheel.name:
        came = f"{wheel.name} {wheel.version}"
        raise RequirementsError("holds another package", one.where, expected=one.name, came=came)


def _of_project(path: Path) -> list[Direct]:
    """Dependencies by URL, and those that [tool.uv.sources] says the place of."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    sources = {
        canonicalize_name(name): one
        for name, one in requirements.toml(path)
        .get("tool", {})
        .get("uv", {})
        .get("sources", {})
        .items()
    }
    found = []
    for line in requirements.lines(path):
        if one := direct.find(line):
            found.append(one)
            continue
        try:
            asked = Requirement(line.text)
        except InvalidRequirement:
            continue
        name = canonicalize_name(asked.name)
        extras = f"[{','.join(sorted(asked.extras))}]" if asked.extras else ""
        for place, marker in _places(sources.get(name), path):
            both = " and ".join(f"({x})" for x in (str(asked.marker or ""), marker) if x)
            found.append(Direct(line, place, name, extras, both))
    return found


def _places(source: Any, path: Path) -> Iterator[tuple[str, str]]:
    """Each place that a source of uv's names, and the marker under which it counts."""
    for one in source if isinstance(source, list) else [source] if source else []:
        below = f"#subdirectory={one['subdirectory']}" if "subdirectory" in one else ""
        ref = one.get("rev") or one.get("tag") or one.get("branch")
        place = one.get("path") or one.get("url")
        if "git" in one:
            place = f"git+{one['git'].removeprefix('git+')}{f'@{ref}' if ref else ''}"
        elif one.get("workspace"):
            todo = "name its folder with `path`, or lock the workspace into a uv.lock"
            where = str(path)
            raise RequirementsError("a workspace's members are not looked for", where, todo=todo)
        if place:
            yield f"{place}{below}", one.get("marker", "")
