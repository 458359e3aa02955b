"""METADATA of installed Python packages.

Source of the format: "Core metadata specifications",
https://packaging.python.org/en/latest/specifications/core-metadata/.
"""

from __future__ import annotations

import re

from packaging.metadata import parse_email
from packaging.utils import canonicalize_name

from lading.bills.inside.facts import Interpreter, Wheel

_PATCHLEVEL = re.compile(r'#define\s+PY_VERSION\s+"([^"+]+)')
_HOMES = ("homepage", "home", "repository", "source", "source code", "github")
"""Labels of URLs by which a project is found, the likeliest first."""


def package(content: bytes) -> Wheel | None:
    """None where it names no package."""
    raw, _ = parse_email(content)
    name, version = raw.get("name"), raw.get("version")
    if not name or not version:
        return None
    classifiers = raw.get("classifiers", [])
    licence = raw.get("license", "").strip()
    return Wheel(
        canonicalize_name(name),
        version,
        raw.get("license_expression", "").strip(),
        # The whole text stands there too, of packages that say no less (scipy).
        licence if "\n" not in licence and len(licence) <= 100 else "",
        tuple(one for one in classifiers if one.startswith("License ::")),
        _supplier(raw.get("author"), raw.get("author_email"))
        or _supplier(raw.get("maintainer"), raw.get("maintainer_email")),
        raw.get("home_page") or _home(raw.get("project_urls", {})),
        tuple(raw.get("requires_dist", [])),
    )


def interpreter(text: str) -> Interpreter | None:
    """Of Include/patchlevel.h."""
    match = _PATCHLEVEL.search(text)
    return Interpreter(match[1]) if match else None


def _supplier(name: str | None, mail: str | None) -> str:
    """A name alone; of `Ada <ada@example.org>` too."""
    said = (name or "").strip() or (mail or "").partition("<")[0].strip(' "')
    return "" if "@" in said else said.replace("\n", " ")


def _home(urls: dict[str, str]) -> str:
    by_label = {label.lower(): url for label, url in urls.items()}
    return next((by_label[one] for one in _HOMES if one in by_label), "")
