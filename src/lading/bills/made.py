"""An image as its bill is made of it: what was asked for, what was locked, what was built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lading.building.build import Built
from lading.building.layers.wanted import LayerKind
from lading.building.lockfile import LockedEnvironment
from lading.building.recipe import Recipe


@dataclass(frozen=True)
class Made:
    """An image that was built now, or was found to be there already."""

    recipe: Recipe
    locked: LockedEnvironment
    built: Built
    began: datetime
    """With its zone."""

    def files(self, kind: LayerKind) -> dict[str, str]:
        """The user's own files in layers of a kind, each with mode, link target and SHA-256."""
        found: dict[str, str] = {}
        for layer in self.built.layers:
            if layer.kind == kind.value:
                found.update(layer.files())
        return found
