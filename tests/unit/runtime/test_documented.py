"""Every code, variable and limit that a caller meets is in the reference."""

from __future__ import annotations

import re
from pathlib import Path

from lading_runtime.problem import KINDS

ROOT = Path(__file__).parents[3]
REFERENCE = (ROOT / "docs/reference/serving.md").read_text()


def test_every_error_is_documented_with_its_status() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", REFERENCE, re.MULTILINE)
    documented = {code: int(status) for status, code in rows}
    assert documented == {code: status for code, (status, _) in KINDS.items()}


def test_every_variable_is_documented() -> None:
    source = "".join(path.read_text() for path in (ROOT / "src/lading_runtime").glob("*.py"))
    used = set(re.findall(r'"(LADING_[A-Z_]+)"', source))
    assert used == set(re.findall(r"`(LADING_[A-Z_]+)`", REFERENCE))
