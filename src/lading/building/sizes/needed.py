"""Which Python packages are in an image for the sake of which other one alone.

Source: the core metadata specification, Requires-Dist; PEP 508 for the form of a requirement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lading.building.sizes.owners import Owner

Graph = Mapping[str, frozenset[str]]
"""By package, those that it requires and that are there too."""


def graph(told: Mapping[str, str], owners: Mapping[str, Owner]) -> Graph:
    """Of the packages in `owners`, by name; `told` has their METADATA by path."""
    # Imported where somebody asks: 20 ms.
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    found: dict[str, set[str]] = {name: set() for name in owners}
    for path, text in told.items():
        name = _named(text) if path.endswith("/METADATA") else ""
        if name not in found:
            continue
        for line in re.findall(r"(?m)^Requires-Dist:\s*(.+)$", text.partition("\n\n")[0]):
            try:
                requirement = Requirement(line)
            except InvalidRequirement:
                continue
            if other := canonicalize_name(requirement.name):
                # Of an extra: that it is there proves nothing, so it needs no marker to hold.
                is_extra = requirement.marker and "extra" in str(requirement.marker)
                if other in found and other != name and not is_extra:
                    found[name].add(other)
    return {name: frozenset(others) for name, others in found.items()}


def only_for(graph: Graph) -> dict[str, frozenset[str]]:
    """By package that no other requires: those that would go with it, itself included."""
    required = {other for others in graph.values() for other in others}
    roots = [name for name in graph if name not in required]
    reached = {root: _reached(graph, root) for root in roots}
    found = {}
    for root in roots:
        others = frozenset().union(*(reached[x] for x in roots if x != root))
        found[root] = reached[root] - others
    return found


def _reached(graph: Graph, start: str) -> frozenset[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += graph.get(name, ())
    return frozenset(seen)


def _named(metadata: str) -> str:
    match = re.search(r"(?m)^Name:\s*(\S+)", metadata)
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else ""
