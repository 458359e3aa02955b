"""Where a copy out of a container arrives: whole, without links out of itself, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from lading.errors import EngineError

ARRIVED = "it"
"""What was copied is called so while it arrives, in the folder that it arrives in."""


def land(where: str, destination: Path, fetch: Callable[[Path], None]) -> None:
    """Replace `destination` by what `fetch` puts into the folder it is given and makes.

    `where` names what is copied in messages. Raises EngineError when it holds a link out of itself,
    and what `fetch` raises.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".lading-") as scratch:
        received = Path(scratch) / "new"
        fetch(received)
        if not (received / ARRIVED).exists():
            raise EngineError("neither a file nor a folder", where)
        _refuse_links_out(received / ARRIVED, where)
        _replace(received / ARRIVED, destination, Path(scratch) / "old")


def _refuse_links_out(received: Path, where: str) -> None:
    for folder, folders, files in os.walk(received):
        for name in (*folders, *files):
            link = Path(folder) / name
            # Not Path.resolve: a link may lead to itself.
            end = Path(os.path.realpath(link))
            if link.is_symlink() and not end.is_relative_to(received.resolve()):
                came = f"{link.relative_to(received)} -> {link.readlink()}"
                raise EngineError("a link leads out of what is copied", where, came=came)


def _replace(received: Path, destination: Path, aside: Path) -> None:
    """A folder cannot be renamed over another: the old one steps aside for an instant."""
    if destination.is_dir() and not destination.is_symlink():
        destination.rename(aside)
        received.rename(destination)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        received.replace(destination)
