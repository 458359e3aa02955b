"""Where wheels are made: something that runs an image to its end. Satisfied above `building`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lading.building import in_image
from lading.oci import Digest

WORK = f"{in_image.APP}/work"
"""The only folder that a build may write to besides /tmp. Above it lie `order.json`, the driver and
the source."""
OUT = f"{WORK}/out"
"""What a build leaves: `requires.json`, and the wheel."""


@dataclass(frozen=True)
class Worked:
    """How a build ended."""

    exit_code: int
    log: tuple[str, ...]
    """What it wrote, a line each; of a long log the end."""
    out_of_memory: bool = False
    timed_out: bool = False


class Workshop(Protocol):
    """Runs builds: without a network, as nobody, within limits of memory, processes and time."""

    @property
    def platform(self) -> str:
        """What its containers are: "linux/amd64"."""
        ...

    @property
    def seconds(self) -> float:
        """The longest that a build may take."""
        ...

    def run(self, name: str, image: Digest, into: Path) -> Worked:
        """Run the command of `image`; where it succeeds, the folder `into` is what OUT was.

        `name` is told to people. Nothing of it is left running. Raises EngineError.
        """
        ...
