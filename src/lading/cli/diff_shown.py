"""In what two revisions differ, as a person reads it: a heading a kind, a line a part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from lading.building.code_files import FileChange
from lading.building.differences import Changed, Difference
from lading.building.layers.wanted import LayerKind
from lading.cli import output
from lading.releases.revision import Revision

if TYPE_CHECKING:
    from lading.cli.diff import Compared, Sizes

_COLOURS = {"+": "green", "-": "red", "~": "yellow"}
_LAYERS = frozenset(kind.value for kind in LayerKind)
_HASH = 12
_MOST = 40
"""Parts of a kind that are named; more of them are counted."""


def show(compared: Compared, was: Revision, now: Revision, code: bool) -> None:
    """Print it; with `code`, the lines that differ besides."""
    click.echo(f"{compared.service}: revision {_named(was)} → {_named(now)}")
    told = [*_sections(compared)]
    for heading, lines in told:
        click.echo(click.style(heading, bold=True))
        for line in map(output.printable, lines[:_MOST]):
            mark = line[0]
            click.echo(f"  {click.style(mark, fg=_COLOURS.get(mark), bold=True)}{line[1:]}")
        if len(lines) > _MOST:
            click.echo(f"  … and {len(lines) - _MOST} more; --json has all")
    if not told and not compared.missing:
        click.echo("nothing differs")
    if code:
        for file in compared.code:
            _show_code(file)


def _sections(compared: Compared) -> Iterator[tuple[str, list[str]]]:
    for one in compared.image:
        if one.what in _LAYERS:
            yield one.what, [*_parts(one)]
    if compared.models and compared.models.is_known:
        yield "model", [*_parts(_short(compared.models))]
    if compared.code:
        yield "code", [*map(_file, compared.code)]
    if settings := [*_settings(compared)]:
        yield "settings", settings
    if any(one.before != one.after for one in compared.sizes):
        yield "sizes", [*map(_size, compared.sizes)]


def _settings(compared: Compared) -> Iterator[str]:
    """Those that are in the image, then those of the container."""
    for one in compared.image:
        if one.what not in _LAYERS:
            for part in _parts(one):
                yield f"{part[0]} {one.what}: {part[2:]}"
    for each in compared.settings:
        yield f"~ {each.key}: {each.before} → {each.after}"


def _named(revision: Revision) -> str:
    from lading.cli.history import when

    return f"{revision.number} ({when(revision.created_at)})"


def _parts(one: Difference) -> Iterator[str]:
    for part in one.changed:
        yield f"~ {_changed(part)}"
    for name in one.added:
        yield f"+ {name}"
    for name in one.removed:
        yield f"- {name}"


def _changed(part: Changed) -> str:
    if not (part.before or part.after):
        return part.name
    return f"{part.name} {part.before or 'none'} → {part.after or 'none'}".strip()


def _short(models: Difference) -> Difference:
    changed = (Changed(x.name, x.before[:_HASH], x.after[:_HASH]) for x in models.changed)
    return Difference(models.what, models.added, models.removed, tuple(changed))


def _file(one: FileChange) -> str:
    mark = {"added": "+", "removed": "-"}.get(one.what, "~")
    if one.added is None or one.removed is None:
        return f"{mark} {one.path}"
    counts = [f"+{one.added}" if one.added else "", f"−{one.removed}" if one.removed else ""]
    lines = " ".join(filter(None, counts)) or "mode"
    return f"{mark} {one.path}  {lines}"


def _size(one: Sizes) -> str:
    sign = "+" if one.after >= one.before else "−"
    by = output.size(abs(one.after - one.before))
    text = f"{one.what} {output.size(one.before)} → {output.size(one.after)}"
    return f"~ {text} ({sign}{by})" if one.before != one.after else f"= {text}"


def _show_code(file: FileChange) -> None:
    if file.added is None:
        click.echo(
            f"\n{output.printable(file.path)}: {file.what}, not shown: no text, or too large"
        )
        return
    click.echo("")
    for line in file.text.splitlines():
        colour = _COLOURS.get(line[:1]) if line[:3] not in ("+++", "---") else None
        click.echo(click.style(output.printable(line), fg=colour))
