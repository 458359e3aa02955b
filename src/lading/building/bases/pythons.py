"""The Python of an image: found by its files, never by running it.

Source: PEP 405 (virtual environments), Modules/getpath.py of CPython (where a standard library is
looked for), Debian's Python policy (dist-packages).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lading.building.bases.unpacked import Unpacked
from lading.errors import LockError

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
"""What the runtime works with."""
_NAMES = ("python3", "python")
_USUAL = ("usr/local/bin", "opt/conda/bin", "opt/venv/bin", "usr/bin", "bin")
_VERSIONED = re.compile(r"python(3\.\d+)(t?)")


@dataclass(frozen=True)
class Python:
    """A Python as it lies in an image; paths are absolute."""

    version: str
    """`major.minor`."""
    path: str
    """By which it is started."""
    program: str
    """What that leads to."""
    home: str
    """What the standard library lies in: "/usr/local"."""
    site: str
    """Where it looks for packages."""

    @property
    def library(self) -> str:
        """The folder of its standard library."""
        return f"{self.home}/lib/python{self.version}"


def find(image: Unpacked, environ: Mapping[str, str], reference: str) -> Python:
    """The one that `python3` starts in a container of the image, else where Pythons usually are.

    Raises LockError where there is none, or none that can be used, and says what there is.
    """
    seen = []
    for path in _candidates(image, environ):
        found = _looked_at(image, path)
        if found and found.version in VERSIONS:
            return found
        seen.append(f"{path} ({'Python ' + found.version if found else 'not CPython'})")
    raise LockError(
        "the image has no Python that can be used",
        where=reference,
        expected=f"CPython {VERSIONS[0]} to {VERSIONS[-1]}, with its standard library",
        came=", ".join(dict.fromkeys(seen)) or "no python3 in it",
        todo="take an image with Python, or make one on top of this one; docs/reference/bases.md "
        "tells how",
    )


def _candidates(image: Unpacked, environ: Mapping[str, str]) -> Iterator[str]:
    """Absolute paths by which a file is reached, each once."""
    folders = [one.strip("/") for one in environ.get("PATH", "").split(":") if one.startswith("/")]
    for folder in dict.fromkeys((*folders, *_USUAL)):
        for name in _NAMES:
            if image.tree.file(f"{folder}/{name}"):
                yield f"/{folder}/{name}"
    for folder in dict.fromkeys((*folders, *_USUAL)):
        for version in reversed(VERSIONS):
            if image.tree.file(f"{folder}/python{version}"):
                yield f"/{folder}/python{version}"


def _looked_at(image: Unpacked, path: str) -> Python | None:
    """None for what is no CPython with a standard library."""
    program = image.tree.file(path)
    if program is None:
        return None
    folder, _, name = program.rpartition("/")
    home = folder.rpartition("/")[0]
    for version in [match[1]] if (match := _VERSIONED.fullmatch(name)) else VERSIONS:
        library = f"{home}/lib/python{version}"
        if image.tree.file(f"{library}/os.py") and not (match and match[2]):
            site = _site(image, path, home, version)
            return Python(version, path, f"/{program}", f"/{home}", f"/{site}")
    return None


def _site(image: Unpacked, path: str, home: str, version: str) -> str:
    virtual = path.strip("/").rpartition("/")[0].rpartition("/")[0]
    if image.tree.file(f"{virtual}/pyvenv.cfg"):
        return f"{virtual}/lib/python{version}/site-packages"
    if home == "usr" and (
        image.tree.folder("usr/lib/python3/dist-packages") or image.tree.file("etc/debian_version")
    ):
        return f"usr/local/lib/python{version}/dist-packages"
    return f"{home}/lib/python{version}/site-packages"
