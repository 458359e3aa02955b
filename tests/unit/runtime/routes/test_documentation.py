"""The documentation page as it is sent: small, whole, and allowed nothing."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from lading.building.layers import runtime
from lading_runtime.problem import KINDS
from lading_runtime.routes import documentation

PAGE = documentation.page().decode()
MOST_BYTES = 22_000


@pytest.mark.parametrize("kind", ["script", "style"])
def test_the_policy_knows_what_the_page_holds_by_its_hash(kind: str) -> None:
    [content] = re.findall(rf"<{kind}>(.*?)</{kind}>", PAGE, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    policy = documentation.HEADERS["content-security-policy"]
    assert f"{kind}-src 'sha256-{digest}';" in policy
    assert "unsafe" not in policy


def test_nothing_is_asked_of_another_host() -> None:
    assert re.findall(r"https?:|[\"'(]//|@import|url\(", PAGE) == []


def test_the_page_makes_no_markup_of_what_it_reads() -> None:
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", PAGE) == []


def test_every_problem_is_told() -> None:
    for code, (status, title) in KINDS.items():
        assert f"<tr><td>{code}<td>{status}<td>{title}\n" in PAGE


def test_the_page_is_small() -> None:
    assert len(documentation.page()) < MOST_BYTES


def test_every_image_gets_the_page() -> None:
    assert any(x.path.endswith("/lading_runtime/routes/page.html") for x in runtime._own())
