"""lading.lock: what every environment resolved to, by version and SHA-256.

The values; `read` and `write` stand below them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Deb:
    """A Debian package: where it lies in which archive, and what it must hash to."""

    name: str
    version: str
    architecture: str
    archive: str
    """The archive's base URL, "http://deb.debian.org/debian"; a mirror may replace it."""
    path: str
    """Below the archive: "pool/main/z/zlib/zlib1g_1.2.13_amd64.deb"."""
    sha256: str
    size: int
    """Bytes of the .deb."""


@dataclass(frozen=True, order=True)
class Wheel:
    """A wheel: its file name says for which Python and platform."""

    name: str
    version: str
    filename: str
    sha256: str
    size: int
    """Bytes of the .whl; 0 when the index does not tell."""


@dataclass(frozen=True)
class LockedEnvironment:
    """An environment on one platform."""

    python: str
    """`major.minor`."""
    suite: str
    """Debian's code name: "bookworm"."""
    platform: str
    """As in OCI: "linux/amd64"."""
    inputs: str
    """Hash of what was asked for: when it differs, the lock is out of date."""
    base: tuple[Deb, ...]
    packages: tuple[Deb, ...]
    """What `packages:` adds to the base, closed over dependencies."""
    runtime: tuple[Wheel, ...]
    """What lading_runtime needs, less what `wheels` brings already."""
    wheels: tuple[Wheel, ...]


@dataclass(frozen=True)
class Lock:
    """Environments by name, then platform."""

    environments: Mapping[str, Mapping[str, LockedEnvironment]]
