"""Writes what was measured as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.figure import Figure, size
from bench.works.image_contents import Content, Kind

PATH = Path(__file__).with_name("RESULTS.md")
SERVING = "## Serving"
"""The heading of the page's last part, which is also written alone."""
_HEAD = """\
# Measurements

Written by `make bench`. Both sides of a line ran in the same call, by turns; a figure is the median
of its repetitions, with the smallest and the largest in brackets, and a ratio is the median of the
ratios of neighbours, ours over the other: smaller is better. What both sides are stands below the
table; [NOTES.md](NOTES.md) says where misses come from.

The peer's base image is made on the spot from Debian's archive with what `python:3.11-slim` has, as
no registry is asked. That image is said to be of about 125 MB unpacked and 45 MB sent, which could
not be checked here; the size of the one used is told with the sizes. Where a cache is empty, it is
loaded from a file on this machine, while ours comes over the network. Commands have their bytecode,
as installed packages do.
"""
_VERDICT = {True: "met", False: "**missed**", None: "for information"}


def write(
    machine: Sequence[str],
    figures: Sequence[Figure],
    contents: Mapping[Kind, Content],
    skipped: Sequence[str],
) -> str:
    """Writes the page but for what it says about serving, which stays; returns its table."""
    lines = table(figures)
    parts = [
        _HEAD,
        "\n".join(f"- {line}" for line in machine),
        lines,
        "## What both sides are",
        "\n".join(f"- **{one.work}**: {one.sides}." for one in figures),
        *(["## Not measured", "\n".join(f"- {line}" for line in skipped)] if skipped else []),
        "## What our image consists of",
        "Bytes of file, and the same compressed by kind.",
        _contents(contents),
        *_serving(),
    ]
    PATH.write_text("\n\n".join(part.strip() for part in parts) + "\n")
    return lines


def replace_serving(section: str) -> None:
    """Puts what the page says about serving, its last part, in place of what stands there."""
    rest, _, _ = PATH.read_text().partition(f"\n{SERVING}\n")
    PATH.write_text(f"{rest.rstrip()}\n\n{section.strip()}\n")


def table(figures: Sequence[Figure]) -> str:
    """A row for each figure."""
    cells = [
        (one.work, one.ours, one.theirs, one.measured, one.goal, _VERDICT[one.met])
        for one in figures
    ]
    return rows(("work", "Lading", "beside", "measured", "goal", ""), cells)


def rows(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [headings, ["---"] * len(headings), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _serving() -> list[str]:
    _, heading, rest = PATH.read_text().partition(f"\n{SERVING}\n")
    return [heading + rest] if heading else []


def _contents(contents: Mapping[Kind, Content]) -> str:
    cells = [
        (kind.layer, kind.sort, str(one.files), size(one.bytes), size(one.compressed))
        for kind, one in contents.items()
        if one.compressed > 50_000
    ]
    return rows(("layer", "what", "files", "unpacked", "compressed"), cells)
