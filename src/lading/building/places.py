"""Where something is wrong, as a person reads it."""

from __future__ import annotations

from pathlib import Path


def shown(path: Path) -> str:
    """A path as a person at this folder would write it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
