"""Packages, recorded where scanners of images look for them, as distroless images do.

/var/lib/dpkg/status.d has a file for each package, and beside it one with the MD5 of its files: by
that a scanner knows which files are a package's, and looks for no other software in them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from lading.building.debian import placement
from lading.building.debian.contents import Contents
from lading.building.layers.entry import Entry, Kind, file

_FOLDER = "var/lib/dpkg/status.d"


def entries(
    packages: Iterable[Contents], files: Mapping[str, Entry], changed: Collection[str]
) -> dict[str, Entry]:
    """By path, of packages whose `files` an image has, but for those `changed` since."""
    found = [entry for one in packages for entry in _entries(one, files, changed)]
    return {entry.path: entry for entry in found}


def _entries(
    one: Contents, files: Mapping[str, Entry], changed: Collection[str]
) -> Iterator[Entry]:
    control = one.control.strip("\n").replace("\n", "\nStatus: install ok installed\n", 1)
    yield file(f"{_FOLDER}/{one.deb.name}", f"{control}\n".encode())
    lines = []
    for line in one.scripts.get("md5sums", "").splitlines():
        digest, _, packed = line.partition("  ")
        path = placement.moved(packed)
        if path in files and files[path].kind is Kind.FILE and path not in changed:
            lines.append(f"{digest}  {path}\n")
    if lines:
        yield file(f"{_FOLDER}/{one.deb.name}.md5sums", "".join(lines).encode())
