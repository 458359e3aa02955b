"""What differs, in words: what `lading verify` prints."""

from __future__ import annotations

from dataclasses import dataclass

from lading.oci import Digest


@dataclass(frozen=True)
class Fact:
    """One thing that is other. A text is empty where there is nothing, or where it is kept back."""

    what: str
    """ "mode", "content", "Env GREETING"."""
    built: str
    rebuilt: str


@dataclass(frozen=True)
class FileDifference:
    """A path of a layer, without its leading slash, and all in which it differs."""

    path: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class LayerDifference:
    """A layer that is other, or that only one of the two images has."""

    kind: str
    title: str
    built: Digest | None
    """None where only the rebuilt image has it; likewise `rebuilt`."""
    rebuilt: Digest | None
    files: tuple[FileDifference, ...] = ()
    """Sources before the bytecode that is made of them; each by path."""
    note: str = ""
    """Where no file differs: in what the layer does all the same."""
    diff: tuple[str, ...] = ()
    """The first lines in which the first file differs, where it is a small text."""


@dataclass(frozen=True)
class Comparison:
    """An image and what came of making it again."""

    built: Digest
    rebuilt: Digest
    layers: tuple[LayerDifference, ...] = ()
    """From the lowest up."""
    config: tuple[Fact, ...] = ()

    @property
    def is_same(self) -> bool:
        return self.built == self.rebuilt
