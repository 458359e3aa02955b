"""A secret that was found, without the secret."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """What was found at a line, from 1 on; 0 in a file of bytes, which has none."""

    path: str
    """Relative to the source, or the name of a setting: `env.NAME`."""
    line: int
    kind: str
    """Of a `Kind`, or of an assignment."""
    what: str
    """The kind in words."""
    shown: str = ""
    """Its first characters, where its form fixes them: "ghp_"; nothing of the secret itself."""
