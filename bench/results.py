"""Writes what was measured as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.figure import Figure, size
from bench.works.image_contents import Content, Kind

PATH = Path(__file__).with_name("RESULTS.md")
MANY, SERVING = "## Many models", "## Serving"
SHIPPING = "## Registries and versions"
"""The headings of the page's last parts, in their order, each of which is also written alone."""
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
_LAST = (MANY, SHIPPING, SERVING)
_VERDICT = {True: "met", False: "**missed**", None: "for information"}


def write(
    machine: Sequence[str],
    figures: Sequence[Figure],
    contents: Mapping[Kind, Content],
    skipped: Sequence[str],
) -> str:
    """Writes the page but for its last parts, which stay; returns its table."""
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
        *(part for heading in _LAST if (part := _part(heading))),
    ]
    PATH.write_text("\n\n".join(part.strip() for part in parts) + "\n")
    return lines


def replace(heading: str, part: str) -> None:
    """Puts one of the last parts in place of what stands there."""
    parts = {name: part if name == heading else _part(name) for name in _LAST}
    rest = PATH.read_text()
    for name in _LAST:
        rest, _, _ = rest.partition(f"\n{name}\n")
    kept = [one.strip() for one in (rest, *parts.values()) if one.strip()]
    PATH.write_text("\n\n".join(kept) + "\n")


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


def _part(heading: str) -> str:
    """One of the last parts as it stands; empty where there is none."""
    _, found, rest = PATH.read_text().partition(f"\n{heading}\n")
    for following in _LAST[_LAST.index(heading) + 1 :]:
        rest = rest.partition(f"\n{following}\n")[0]
    return f"{heading}\n{rest}" if found else ""


def _contents(contents: Mapping[Kind, Content]) -> str:
    cells = [
        (kind.layer, kind.sort, str(one.files), size(one.bytes), size(one.compressed))
        for kind, one in contents.items()
        if one.compressed > 50_000
    ]
    return rows(("layer", "what", "files", "unpacked", "compressed"), cells)
