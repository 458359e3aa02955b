"""A step: a command run to completion in a container."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from lading.building.recipe import Recipe
from lading.engines.engine import Limits


@dataclass(frozen=True)
class Step:
    """Runs `recipe.command` in `recipe.environment`, its own or the one of a service."""

    name: str
    recipe: Recipe
    outputs: tuple[PurePosixPath, ...] = ()
    """Inside the source: copied back to it when, and only when, the command succeeds."""
    limits: Limits = Limits()
    egress: bool = False
    """Whether it may reach the network."""
    secrets: tuple[str, ...] = ()
    """Names of what its container is given when it starts."""
