"""Kinds that few lading.yaml need, imported where their key is written.

Every command reads lading.yaml; what a `graph` may say alone is a tenth of its start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lading.settings.document import Node
from lading.settings.faults import Faults, Place
from lading.settings.kinds import Kind, Schema


@dataclass(frozen=True)
class Deferred:
    """The kind that `load` imports."""

    load: Callable[[], Kind]

    def read(self, node: Node, place: Place, faults: Faults) -> Any:
        return self.load().read(node, place, faults)

    def schema(self) -> Schema:
        return self.load().schema()


def graph() -> Kind:
    """What a `graph` may say."""
    from lading.settings.graphs.keys import GRAPH

    return GRAPH


def signatures() -> Kind:
    """What `signatures` may say."""
    from lading.settings.trusting import SIGNATURES

    return SIGNATURES


def audit() -> Kind:
    """What `audit` may say."""
    from lading.settings.trusting import AUDIT

    return AUDIT
