"""A layer that an image needs, and how to come by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    packages: Mapping[str, str] = field(default_factory=dict)
    """Names and versions of the packages in it, of whatever sort; the image tells them too."""
    files: Callable[[], Mapping[str, str]] = dict
    """The user's own files in it, each with a text that differs when the file does; an empty text
    where that cannot be told without reading a large file. Raises BuildError."""
