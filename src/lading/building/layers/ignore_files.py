"""The file beside the code that says what of it stays out: .ladingignore, or else .dockerignore."""

from __future__ import annotations

from pathlib import Path

from lading.building.layers import ignore, regular
from lading.building.layers.ignore import Rule
from lading.building.places import shown
from lading.errors import BuildError

OURS = ".ladingignore"
"""Patterns as in .gitignore. Where it is there, Docker's is not read: it may want other things."""
DOCKERS = ".dockerignore"
NAMES = (OURS, DOCKERS)


def rules(source: Path) -> list[Rule]:
    """Of the file in a source folder; none where there is no such file. Raises BuildError."""
    if (text := _read(source / OURS)) is not None:
        return ignore.rules(text)
    if (text := _read(source / DOCKERS)) is not None:
        # Imported where there is one.
        from lading.building.layers import docker_ignore

        return list(docker_ignore.rules(text, shown(source / DOCKERS)))
    return []


def _read(path: Path) -> str | None:
    try:
        return regular.read(path).decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        came = (error.strerror or "").lower() if isinstance(error, OSError) else "what is not UTF-8"
        raise BuildError("cannot be read", where=shown(path), came=came) from error
