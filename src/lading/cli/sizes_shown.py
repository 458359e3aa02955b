"""What `lading build --explain` prints: the largest first, and no more than a screen of it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from lading.building.sizes.explaining import Copies, Explained
from lading.cli import output

_PARTS = 12
_FILES = 8
_COPIES = 5
_REMOVABLE = 6
_BAR = 24
_WORTH_TELLING = 32 * 1024
"""Bytes as sent; copies of less are not worth a line."""


def show(one: Explained) -> None:
    """Four small tables; those with nothing to say are left out."""
    click.echo(f"  {output.size(one.packed)} as sent, {output.size(one.size)} unpacked")
    _parts(one)
    _files(one)
    _copies([copy for copy in one.copies if copy.wasted >= _WORTH_TELLING])
    _removable(one)


def document(one: Explained) -> dict[str, object]:
    """The same for programs, and whole but for the list of files."""
    return {
        "packages": [
            {
                "kind": part.owner.kind,
                "name": part.owner.name,
                "version": part.owner.version,
                "size": part.packed,
                "unpacked_size": part.size,
                "files": part.files,
            }
            for part in one.parts
        ],
        "largest_files": [
            {"path": f"/{file.path}", "size": file.packed, "unpacked_size": file.size}
            for file in one.files[:100]
        ],
        "copies": [
            {
                "paths": [f"/{path}" for path in copy.paths],
                "hidden": copy.hidden,
                "size": copy.wasted,
            }
            for copy in one.copies
        ],
        "removable": [
            {
                "name": row.name,
                "with": list(row.others),
                "size": row.packed,
                "unpacked_size": row.size,
            }
            for row in one.removable
        ],
    }


def _parts(one: Explained) -> None:
    rows = []
    for part in one.parts[:_PARTS]:
        share = part.packed / one.packed if one.packed else 0
        rows.append(_row(str(part.owner), part.owner.kind, part.packed, part.size, share))
    if rest := one.parts[_PARTS:]:
        packed, size = sum(x.packed for x in rest), sum(x.size for x in rest)
        rows.append(_row(f"{len(rest)} others", "", packed, size, packed / one.packed))
    click.echo()
    output.print_table(("  PACKAGE", "KIND", "SENT", "UNPACKED", "SHARE"), rows)


def _row(name: str, kind: str, packed: int, size: int, share: float) -> tuple[str, ...]:
    bar = "#" * round(share * _BAR)
    texts = (output.size(packed), output.size(size), f"{share:4.0%} {bar}")
    return (f"  {output.printable(name)}", kind, *texts)


def _files(one: Explained) -> None:
    rows = [
        (f"  {output.size(file.packed)}", output.size(file.size), f"/{output.printable(file.path)}")
        for file in one.files[:_FILES]
    ]
    click.echo()
    output.print_table(("  SENT", "UNPACKED", "LARGEST FILES"), rows)


def _copies(copies: Sequence[Copies]) -> None:
    if not copies:
        return
    rows = []
    for copy in copies[:_COPIES]:
        first, *others = (f"/{output.printable(path)}" for path in copy.paths)
        why = " hidden by a higher layer" if copy.hidden else f" as {', '.join(others[:2])}"
        rows.append((f"  {output.size(copy.wasted)}", f"{first}{why}"))
    click.echo()
    output.print_table(("  SENT", "THERE TWICE"), rows)


def _removable(one: Explained) -> None:
    if not one.removable:
        return
    rows = []
    for row in one.removable[:_REMOVABLE]:
        others = ", ".join(row.others[:4]) + ("…" if len(row.others) > 4 else "")
        name = f"{row.name}, and with it {others}" if others else row.name
        rows.append((f"  {output.size(row.packed)}", output.size(row.size), name))
    click.echo()
    output.print_table(("  SENT", "UNPACKED", "LESS WITHOUT"), rows)
