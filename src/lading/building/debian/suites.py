"""Which Debian release has which Python, and where its packages are published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lading.errors import ArchiveError

ARCHIVE = "http://deb.debian.org/debian"
SECURITY = "http://deb.debian.org/debian-security"
ARCHITECTURES: Mapping[str, str] = {"linux/amd64": "amd64", "linux/arm64": "arm64"}
"""Debian's name for each platform's machine."""


@dataclass(frozen=True)
class Suite:
    """A release by code name, the Python it has, and its C library's version."""

    name: str
    python: str
    glibc: tuple[int, int]


SUITES = (
    Suite("bullseye", "3.9", (2, 31)),
    Suite("bookworm", "3.11", (2, 36)),
    Suite("trixie", "3.13", (2, 41)),
)


@dataclass(frozen=True)
class Source:
    """One signed collection of packages: an archive's base URL and a suite in it."""

    archive: str
    suite: str


def for_python(version: str) -> Suite:
    """The suite that has Python `version` (`major.minor`). Raises ArchiveError for others."""
    for suite in SUITES:
        if suite.python == version:
            return suite
    raise ArchiveError(
        "no Debian release has this Python",
        where=f"python {version}",
        expected=" or ".join(suite.python for suite in SUITES),
        came=version,
        todo="choose one of these",
    )


def architecture(platform: str) -> str:
    """Debian's architecture of an OCI platform. Raises ArchiveError for an unknown one."""
    if platform in ARCHITECTURES:
        return ARCHITECTURES[platform]
    raise ArchiveError(
        "cannot be locked", where=platform, expected=" or ".join(ARCHITECTURES), came=platform
    )


def sources(suite: str) -> tuple[Source, ...]:
    """The release, its updates and its security fixes."""
    return (
        Source(ARCHIVE, suite),
        Source(ARCHIVE, f"{suite}-updates"),
        Source(SECURITY, f"{suite}-security"),
    )
