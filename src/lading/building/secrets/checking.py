"""Holds what an image would get of its author's own to having no secret in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lading.building.layers.source import Found
from lading.building.places import shown
from lading.building.recipe import Recipe
from lading.building.secrets import assignments, scanning
from lading.building.secrets.allowing import Allowed
from lading.building.secrets.finding import Finding
from lading.building.secrets.remembered import Remembered
from lading.errors import BuildError

_OF_SETTINGS = "take it out of lading.yaml"
_MOST_SHOWN = 20
_MOST_ADVISED = 3
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)(?::?[-?][^}]*)?\}")
"""As Compose and shells have them."""


def check_files(
    recipe: Recipe, files: Iterable[Found], hashes: Mapping[str, str], remembered: Remembered
) -> None:
    """Raise BuildError for secrets in files of the source, with the line of each.

    `hashes` says what a file is by its path: what was searched before is not searched again.
    """
    found: list[Finding] = []
    full = {}
    for one in files:
        if not one.is_file:
            continue
        full[one.path] = shown(one.full)
        said = hashes.get(one.path, "")
        if not remembered.is_clean(one.path, said):
            new = _scanned(one)
            found += new
            inside = (x.path for x in new if x.path != one.path)
            full.update((x, f"{full[one.path]}{x.removeprefix(one.path)}") for x in inside)
            if not new:
                remembered.learn(one.path, said)
    remembered.save()
    refuse(recipe, found, full)


class Watch:
    """Searches files while somebody else reads them, so that what is large is read once."""

    def __init__(self, recipe: Recipe, files: Iterable[Found]) -> None:
        self._recipe = recipe
        self._files = {one.full: one for one in files if one.is_file}
        self._scans: dict[Path, scanning.Scan] = {}

    def see(self, path: Path, chunk: bytes) -> None:
        """The next piece of a file. Raises BuildError for a secret that is not allowed."""
        one = self._files[path]
        if path not in self._scans:
            self._scans[path] = scanning.Scan(one.path, one.status.st_size)
        scan = self._scans[path]
        before = len(scan.found)
        scan.feed(chunk)
        if len(scan.found) > before:
            refuse(self._recipe, scan.found, {one.path: shown(path)})


def refuse(recipe: Recipe, found: Iterable[Finding], names: Mapping[str, str]) -> None:
    """Raise BuildError for findings that are not allowed. `names` are what people call files."""
    allowed = Allowed.of(recipe.allow_secrets)
    left = sorted(one for one in found if not allowed(one))
    if left:
        files = {one.path for one in left}
        raise _error(left, names, f"add the file{'s' if len(files) > 1 else ''} to `ignore`")


def check_settings(recipe: Recipe) -> None:
    """The same for what lading.yaml puts into the image: `env`, `command` and `graph`."""
    if not recipe.env and not recipe.command and recipe.graph is None:
        return
    _check_filled_in(recipe)
    found = list(_in_settings(recipe))
    allowed = Allowed.of(recipe.allow_secrets)
    left = sorted(one for one in found if not allowed(one))
    if left:
        name = re.escape(recipe.name)
        places = {one.path: recipe.places.get(one.path, f"{name}.{one.path}") for one in left}
        raise _error([_without_line(one) for one in left], places, _kept_out(left))


def _kept_out(left: Sequence[Finding]) -> str:
    """What to do with secrets in lading.yaml."""
    names = [x.path.removeprefix("env.") for x in left if x.path.startswith("env.")]
    if not names:
        return _OF_SETTINGS
    return f"give it to the container when it starts, `secrets: [{', '.join(names)}]`"


def _check_filled_in(recipe: Recipe) -> None:
    """Raise BuildError for a value that somebody who knows Compose expects to be filled in."""
    for name, value in recipe.env.items():
        match = _VARIABLE.fullmatch(value)
        if match and (name in match.groups() or assignments.is_secret(name)):
            raise BuildError(
                "no variables are filled in, and the text as it is would be in the image",
                where=recipe.places.get(f"env.{name}", f"{recipe.name}.env.{name}"),
                came=value,
                todo=f"write the value, or take it from where `lading up` is called: "
                f"`secrets: [{name}]`",
            )


def _in_settings(recipe: Recipe) -> Iterable[Finding]:
    for name, value in recipe.env.items():
        path = f"env.{name}"
        found = scanning.scan_text(value, path)
        if not found and assignments.in_variable(name, value):
            found = [Finding(path, 1, assignments.KIND, assignments.WHAT)]
        yield from found
    if recipe.command:
        yield from scanning.scan_text("\n".join(recipe.command), "command")
    if recipe.graph is not None:
        yield from scanning.scan_text(recipe.graph.text, "graph")


def _without_line(one: Finding) -> Finding:
    return Finding(one.path, 0, one.kind, one.what, one.shown)


def _scanned(one: Found) -> list[Finding]:
    try:
        found = scanning.scan(one.full, one.path, one.status.st_size)
        if not scanning.is_archive(scanning.start_of(one.full)):
            return found
        # Imported where there is one: what unpacks takes 10 ms.
        from lading.building.secrets import archives

        inside = archives.scan(one.full, one.path)
    except OSError as error:
        came = (error.strerror or str(error)).lower()
        raise BuildError("cannot be read", where=str(one.full), came=came) from error
    # What is stored in it as it is was found twice.
    kinds = {finding.kind for finding in inside}
    return [*inside, *(finding for finding in found if finding.kind not in kinds)]


def _error(left: Sequence[Finding], names: Mapping[str, str], todo: str) -> BuildError:
    told = [
        f"{names.get(one.path, one.path)}{f':{one.line}' if one.line else ''}: holds {one.what}"
        + (f", beginning with {one.shown}" if one.shown else "")
        for one in left
    ]
    lines = list(dict.fromkeys(told))
    if len(lines) > _MOST_SHOWN:
        lines[_MOST_SHOWN:] = [f"and {len(lines) - _MOST_SHOWN} more"]
    allow = dict.fromkeys(f'"{_allowing(one)}"' for one in left)
    rest = ", …" if len(allow) > _MOST_ADVISED else ""
    what = "everybody who has the image could read"
    problem = (
        f"{lines[0]}, which {what}" if len(lines) == 1 else "\n".join([*lines, f"{what} them"])
    )
    it, they = ("it", "it") if len(lines) == 1 else ("them", "they")
    advised = ", ".join(list(allow)[:_MOST_ADVISED])
    todo = f"{todo}, or, if {they} may be there, allow {it}: `allow_secrets: [{advised}{rest}]`"
    return BuildError(problem, todo=todo)


def _allowing(one: Finding) -> str:
    return one.path if one.path.startswith("env.") else f"{one.path}:{one.kind}"
