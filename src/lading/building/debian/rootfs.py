"""From packages to the entries of a layer: an installed system that nobody installed.

Files are placed (`placement`), what maintainer scripts would have done is done (`skeleton`,
`maintainer`), the linker's cache is made (`ld_cache`), and each package is recorded where image
scanners look (/var/lib/dpkg/status.d, as distroless images do).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lading.building.debian import contents, ld_cache, maintainer, placement, skeleton
from lading.building.debian.contents import Contents
from lading.building.layers.entry import Entry, Kind, file
from lading.building.lockfile import Deb

_CONVERTERS = "/gconv/"
"""glibc's character sets beside UTF-8: 8 MB that Python, having its own, never loads."""


def base_entries(debs: Mapping[Deb, Path], python: str) -> list[Entry]:
    """An image's base from the packages of a Python version, sorted by path.

    Raises ArchiveError for a damaged package, or one that cannot work without its scripts.
    """
    return placement.with_parents(_base(debs, python, contents.read_all(debs)))


def package_entries(base: Mapping[Deb, Path], packages: Mapping[Deb, Path]) -> list[Entry]:
    """What `packages` add to, or change in, a base of `base`, sorted by path."""
    both = {**base, **packages}
    opened = contents.read_all(both)
    added = [one for one in opened if one.deb not in base]
    python = _python(base)
    below = _base(base, python, [one for one in opened if one.deb in base])
    whole = {**below, **_unpacked(opened, without_converters=False), **_skeleton_of(below)}
    for entry in [*maintainer.entries(opened, whole), *skeleton.shell(whole)]:
        whole[entry.path] = entry
    whole.update({entry.path: entry for one in added for entry in _status(one)})
    _finish(whole, _architecture(both))
    changed = {path: entry for path, entry in whole.items() if below.get(path) != entry}
    return placement.with_parents(changed)


def left_out(debs: Mapping[Deb, Path]) -> dict[str, tuple[str, ...]]:
    """By package, what its maintainer scripts would have run and nobody does: for debugging."""
    return maintainer.left_out(contents.read_all(debs))


def _base(debs: Mapping[Deb, Path], python: str, opened: list[Contents]) -> dict[str, Entry]:
    files = _unpacked(opened, without_converters=True)
    steps = [
        *placement.links(_architecture(debs)),
        *skeleton.entries(python),
        *skeleton.certificates(files),
        *maintainer.entries(opened, files),
        *(entry for one in opened for entry in _status(one)),
    ]
    files = {p: entry for p, entry in files.items() if not skeleton.is_certificate(p, entry)}
    files.update({entry.path: entry for entry in steps})
    _finish(files, _architecture(debs))
    return files


def _unpacked(opened: list[Contents], *, without_converters: bool) -> dict[str, Entry]:
    files: dict[str, Entry] = {}
    for one in opened:
        for entry in placement.place(one.entries):
            if without_converters and _CONVERTERS in entry.path:
                continue
            known = files.get(entry.path)
            if known and entry.kind is Kind.FOLDER:
                continue  # a folder's first owner says its mode; a link there stays a link
            files[entry.path] = entry
    return files


def _skeleton_of(below: dict[str, Entry]) -> dict[str, Entry]:
    """What the base decided, which no package may undo."""
    return {path: below[path] for path in below if path in placement.MOVED}


def _finish(files: dict[str, Entry], architecture: str) -> None:
    files[ld_cache.PATH] = file(ld_cache.PATH, ld_cache.cache(files, architecture))


def _status(one: Contents) -> list[Entry]:
    """Recorded as distroless images do, for scanners to see."""
    control = one.control.strip("\n").replace("\n", "\nStatus: install ok installed\n", 1)
    return [file(f"var/lib/dpkg/status.d/{one.deb.name}", f"{control}\n".encode())]


def _architecture(debs: Mapping[Deb, Path]) -> str:
    return next((deb.architecture for deb in debs if deb.architecture != "all"), "amd64")


def _python(base: Mapping[Deb, Path]) -> str:
    names = (deb.name for deb in base)
    minimal = (name for name in names if name.startswith("python3.") and name.endswith("-minimal"))
    return next(minimal, "").removeprefix("python").removesuffix("-minimal")
