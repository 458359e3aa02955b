"""Pages lead to what is there: links, anchors, files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import ROOT, name, tracked

PAGES = [x for x in tracked() if x.suffix == ".md"]
WRITTEN_LATER = {"bench/RESULTS.md"}
"""Made by `make bench`."""


def links(page: Path) -> Iterator[tuple[str, str]]:
    """Files and anchors that a page links to, but for other hosts'."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield path, anchor


def anchors(page: Path) -> set[str]:
    """Of its headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", x).strip().lower().replace(" ", "-") for x in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for path, anchor in links(page):
        target = (page.parent / path).resolve() if path else page
        if name(target) in WRITTEN_LATER:
            continue
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), (path, anchor)


@pytest.mark.parametrize("page", [x for x in PAGES if "docs" in x.parts], ids=name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    files = [f"/{name(x)}" for x in tracked()]
    named = re.findall(r"`([\w/.]+\.py)`", page.read_text("utf-8"))
    assert [x for x in named if not any(file.endswith(f"/{x}") for file in files)] == []


def test_every_page_of_the_architecture_is_in_its_reading_order() -> None:
    folder = ROOT / "docs" / "architecture"
    listed = [path for path, _ in links(folder / "00-overview.md")]
    assert [x for x in listed if x[:2].isdigit()] == sorted(
        x.name for x in folder.glob("*.md") if not x.name.startswith("00")
    )


def test_decisions_are_numbered_without_a_gap() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(x.name[:4]) for x in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        assert page.read_text("utf-8").startswith(f"# {page.name[:4]}: "), page.name
