"""A layer that an image needs, and how to come by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from lading.building.layers.blob import Blob, Heard


class LayerKind(Enum):
    """From the lowest layer, which changes least, to the highest."""

    BASE = "base"
    RUNTIME = "runtime"
    PACKAGES = "packages"
    WHEELS = "wheels"
    MODEL = "model"
    CODE = "code"


@dataclass(frozen=True)
class Wanted:
    """A layer before it is made."""

    kind: LayerKind
    title: str
    """For people; the same on every machine."""
    key: Callable[[], str | None]
    """Its name in the cache; None while that cannot be told without reading large files."""
    make: Callable[[Heard], Blob]
    """Makes and stores it. Raises BuildError, StoreError."""
    check: Callable[[], None] = lambda: None
    """Raises LadingError for what need not be begun. Called when this layer is to be made, before
    any is; what it looks at is in the key, so one that is there has passed."""
