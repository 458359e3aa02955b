"""What commands print: tables for people, JSON for programs, sizes and ages in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    """Adds `--json` to a command that prints a table."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")(command)


def print_json(value: object) -> None:
    """Indented; what JSON has no form for, such as a time, as text."""
    click.echo(json.dumps(value, indent=2, default=str))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Left-aligned columns, two spaces apart; a column is as wide as its widest cell."""
    lines = [list(headings), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def size(count: int | None) -> str:
    """A number of bytes, in powers of 1024 as limits are given: "61.3Mi"; "-" for None."""
    if count is None:
        return "-"
    amount = float(count)
    for unit in ("", "Ki", "Mi", "Gi"):
        if amount < 1024 or unit == "Gi":
            break
        amount /= 1024
    return f"{amount:.0f}" if not unit else f"{amount:.1f}{unit}"


def age(since: datetime | None) -> str:
    """How long ago, in one unit: "12s", "5m", "3h", "2d"; "-" for None."""
    if since is None:
        return "-"
    seconds = max(0.0, (datetime.now(UTC) - since).total_seconds())
    for limit, unit, divisor in ((120, "s", 1), (7200, "m", 60), (172800, "h", 3600)):
        if seconds < limit:
            return f"{seconds / divisor:.0f}{unit}"
    return f"{seconds / 86400:.0f}d"


def printable(text: str) -> str:
    """Text of others, without what would steer a terminal: such characters as `\\x1b`."""
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)
