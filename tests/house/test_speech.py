"""The project speaks of itself alone, and names only the public hosts it needs."""

from __future__ import annotations

import re

from tests.house.source import ROOT, name, tracked

# Written in parts, so that this file does not hold what it looks for.
MACHINE = re.compile(
    "|".join(
        ["/wo" + "rk/(main|shared)", "/ro" + r"ot/\.pyenv", "/opt/wh" + "eels", "hou" + "se-style"]
    )
)
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".sh", ".txt", ".lock", ""}


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    found = [
        f"{name(path)}:{number}"
        for path in tracked()
        if path.suffix in TEXT
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if MACHINE.search(line)
    ]
    assert found == []


def test_the_lock_of_the_project_knows_one_index() -> None:
    sources = set(re.findall(r'registry = "([^"]*)"', (ROOT / "uv.lock").read_text("utf-8")))
    assert sources == {"https://pypi.org/simple"}
