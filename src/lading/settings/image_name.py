"""The name of an image in a registry."""

from __future__ import annotations

from dataclasses import dataclass

from lading.errors import StoreError
from lading.oci import Location
from lading.settings.document import Node
from lading.settings.faults import Faults, Place
from lading.settings.kinds import Schema, Text, refuse

_EXPECTED = 'an image of a registry, such as "python:3.12-slim" or "ghcr.io/team/name@sha256:…"'


@dataclass(frozen=True)
class ImageName:
    """As Docker's command line reads it; kept as it is written."""

    expected: str = _EXPECTED

    def read(self, node: Node, place: Place, faults: Faults) -> str | None:
        text = Text(self.expected, longest=512).read(node, place, faults)
        if text is None:
            return None
        try:
            Location.parse(text)
        except StoreError:
            return refuse(faults, place, self.expected, node)
        return text

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^\S+$", "maxLength": 512}
