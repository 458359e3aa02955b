"""What a wheel has in it besides its own code: native libraries that were copied in, by its lists.

Sources: PEP 770, `.dist-info/sboms/`; CycloneDX, `components`, of whatever version: auditwheel and
maturin write such lists, and projects their own. Lists in other formats are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lading.bills.inside.facts import Bundled, Inner


def listed(content: bytes) -> Bundled | None:
    """None where it is no list in CycloneDX's JSON, or has nothing but the wheel itself."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        return None
    found = tuple(dict.fromkeys(_inner(document)))
    return Bundled(found) if found else None


def _inner(document: Mapping[str, Any]) -> Iterator[Inner]:
    """Without versions they say nothing; what is of PyPI has METADATA of its own, where it is."""
    for one in _objects(document.get("components")):
        name, version = _text(one, "name"), _text(one, "version")
        purl = _text(one, "purl").partition("#")[0]
        if name and version and one.get("scope") != "excluded" and ":pypi/" not in purl:
            licences = tuple(_licences(one))
            yield Inner(name, version, purl, licences, one.get("scope") == "optional")


def _licences(component: Mapping[str, Any]) -> Iterator[str]:
    for one in _objects(component.get("licenses")):
        inner = one.get("license")
        said = inner if isinstance(inner, dict) else {}
        if text := _text(one, "expression") or _text(said, "id") or _text(said, "name"):
            yield text


def _objects(entries: Any) -> list[Mapping[str, Any]]:
    return [x for x in entries if isinstance(x, dict)] if isinstance(entries, list) else []


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""
