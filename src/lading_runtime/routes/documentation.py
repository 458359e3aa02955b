"""The page for people: what a service takes and gives, and a form to try it. Needs no network.

`page.html` reads the OpenAPI document that lies beside it, in the reader's browser.
"""

# ruff: noqa: PTH120, PTH118, PTH123
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Optional

from ..problem import KINDS

MEDIA_TYPE = "text/html; charset=utf-8"
_SCRIPT = "sha256-uBraeRwJsZTU84chJUomfWVrM5TQRbgFpq8yfp08aZY="
_STYLE = "sha256-oY1hFEARoSLb6Q7x6eU0fDfCPBDXtLiuJdekepb3ALY="
HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        f"default-src 'none'; script-src '{_SCRIPT}'; style-src '{_STYLE}'; connect-src 'self'; "
        "img-src blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""Nothing is loaded from elsewhere, and no script runs but the page's own, known by its hash."""

_PLACE = "<!-- codes -->"
_page: Optional[bytes] = None


def page() -> bytes:
    """The page, read from the disk once."""
    global _page  # noqa: PLW0603 - it never changes
    if _page is None:
        with open(os.path.join(os.path.dirname(__file__), "page.html"), encoding="utf-8") as file:
            _page = file.read().replace(_PLACE, _codes()).encode()
    return _page


def _codes() -> str:
    return "\n".join(
        f"<tr><td>{code}<td>{status}<td>{title}" for code, (status, title) in KINDS.items()
    )
