"""What requirements name on this disk, as hashes: a lock of a folder is out of date with its files.

Asked for at every build, so it imports little, and reads what is named alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from lading.building.wheels import requirements
from lading.building.wheels.sources import direct
from lading.building.wheels.sources.origin import Kind

_IN_UV_LOCK = re.compile(r'\bsource = \{ (?:editable|directory|path) = "([^"]+)"')


def contents(path: Path) -> Iterator[str]:
    """A line for each folder, wheel and archive that the requirements `path` name.

    Raises RequirementsError for what cannot be read; what is not there is said when it is locked.
    """
    for place in sorted(set(_named(path))):
        if place.is_dir():
            # Imported where there is one: the writer of tars takes 10 ms.
            from lading.building.wheels.sources import tree

            yield tree.sha256(place)
        elif place.is_file():
            with place.open("rb") as file:
                yield hashlib.file_digest(file, "sha256").hexdigest()


def _named(path: Path) -> Iterator[Path]:
    if path.suffix == ".lock":
        for place in _IN_UV_LOCK.findall(path.read_text()):
            if place != ".":  # the project itself is not installed
                yield path.parent / place
        return
    if path.suffix == ".toml":
        sources = requirements.toml(path).get("tool", {}).get("uv", {}).get("sources", {})
        for one in sources.values():
            for entry in one if isinstance(one, list) else [one]:
                if "path" in entry:
                    yield (path.parent / entry["path"]).resolve()
    for line in requirements.lines(path):
        if (one := direct.find(line)) and one.kind in (Kind.FOLDER, Kind.WHEEL, Kind.ARCHIVE):
            yield one.path
