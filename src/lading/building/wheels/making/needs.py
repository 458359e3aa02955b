"""Libraries that a built wheel needs of the system, and whether the image has them.

A build sees more libraries than the image will have: what `build_packages` brings is not in it.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lading.building.debian import contents, elf
from lading.building.lockfile import Deb

_LOADER = ("ld-linux", "linux-vdso")


@dataclass(frozen=True)
class Missing:
    """A library that the image lacks, and the Debian package that the build had it from."""

    library: str
    package: str
    """Empty where none had it."""
    asked_by: str
    """The file in the wheel."""


def has_any(wheel: Path) -> bool:
    """Whether a wheel holds anything that is linked."""
    return bool(dict(_asked(wheel)))


def missing(wheel: Path, there: Mapping[Deb, Path], besides: Mapping[Deb, Path]) -> Missing | None:
    """The first library that `wheel` needs, and that no package of `there` has.

    `besides` are those that only the build had. Raises ArchiveError for a damaged package.
    """
    asked = dict(_asked(wheel))
    if not asked:
        return None
    wanted = {name: by for name, by in asked.items() if not name.startswith(_LOADER)}
    for name in _libraries(there):
        wanted.pop(name, None)
    for name, by in sorted(wanted.items()):
        owners = [deb.name for deb, path in besides.items() if name in _libraries({deb: path})]
        return Missing(name, next(iter(owners), ""), by)
    return None


def _asked(wheel: Path) -> Iterator[tuple[str, str]]:
    """Sonames, each with the file that needs it; without those that the wheel brings along."""
    with zipfile.ZipFile(wheel) as archive:
        files = [name for name in archive.namelist() if ".so" in posixpath.basename(name)]
        found = {name: linked for name in files if (linked := elf.linked(archive.read(name)))}
    own = {posixpath.basename(name) for name in found} | {one.soname for one in found.values()}
    for name, linked in found.items():
        # One that names folders of its own is at home beside libraries of another wheel.
        if not linked.looks_elsewhere:
            yield from ((need, name) for need in linked.needed if need not in own)


def _libraries(debs: Mapping[Deb, Path]) -> Iterable[str]:
    for one in contents.read_all(debs):
        for entry in one.entries:
            name = posixpath.basename(entry.path)
            if ".so" in name:
                yield name
