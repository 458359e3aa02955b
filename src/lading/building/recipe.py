"""What an image is to be made from, as its author asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lading.building.graph import Graph


@dataclass(frozen=True)
class ServedModel:
    """A model that a flavour serves: a key of `FLAVOURS`, and a path inside the source."""

    flavour: str
    path: PurePosixPath


@dataclass(frozen=True)
class Environment:
    """What code runs in: a Python version, Python requirements and Debian packages.

    Two services, or a service and a training step, may share one environment; it is locked once.
    """

    name: str
    """The service or step that declares it: the key in the lock."""
    python: str
    """`major.minor`; empty where a `base` says it, which is known once it is locked."""
    requirements: Path | None
    """requirements.txt, pyproject.toml or uv.lock; None when there are none."""
    packages: tuple[str, ...] = ()
    """Names of Debian packages."""
    model: ServedModel | None = None
    """The model whose libraries must be among what `requirements` resolves to."""
    base: str = ""
    """A registry's image that it stands on, as written; empty for Debian's Python."""
    foreign: bool = False
    """Whether `base` is run as it is: nothing is put on it."""
    build_packages: tuple[str, ...] = ()
    """Names of Debian packages that wheels are built with, and no image has."""


@dataclass(frozen=True)
class Recipe:
    """An image: an environment, and what is put on top of it."""

    app: str
    name: str
    """The service or step."""
    environment: Environment
    source: Path
    """The folder copied to /app."""
    handler: str | None = None
    """`module:attribute` served by the runtime."""
    flavour: str | None = None
    """What serves the only one of `models`, where there is no handler: a key of `FLAVOURS`."""
    graph: Graph | None = None
    """Served by the runtime in place of a handler; then nothing of `source` is in the image."""
    command: tuple[str, ...] = ()
    """Run instead of the runtime's server, where there is nothing that it serves."""
    models: tuple[PurePosixPath, ...] = ()
    """Files and folders inside `source` that go into a layer of their own, below the code."""
    env: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    """Patterns, as in .gitignore, of files in `source` that stay out of the image."""
    keep: tuple[str, ...] = ()
    """Patterns of what packages have below site-packages, and would otherwise be left out."""
    allow_secrets: tuple[str, ...] = ()
    """Findings that do not stop a build: a pattern of files, `pattern:kind`, or `env.NAME`."""
    max_size_bytes: int | None = None
    """What the image may have at most, its layers as they are sent."""
    places: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where in lading.yaml `env.NAME`, `command`, `graph` and `max_size` stand, for messages."""

    @property
    def is_foreign(self) -> bool:
        """Whether it is somebody else's image, run as it is."""
        return self.environment.foreign

    @property
    def is_served(self) -> bool:
        """Whether its containers run the runtime's server."""
        return any(one is not None for one in (self.handler, self.flavour, self.graph))
