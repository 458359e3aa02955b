"""From packages to the entries of a layer: an installed system that nobody installed.

Files are placed (`placement`), what maintainer scripts would have done is done (`skeleton`,
`maintainer`), the linker's cache is made (`ld_cache`), and each package is recorded where image
scanners look (`recorded`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lading.building.debian import (
    contents,
    ld_cache,
    maintainer,
    placement,
    recorded,
    skeleton,
)
from lading.building.debian.contents import Contents
from lading.building.layers.entry import Entry, Kind, file
from lading.building.lockfile import Deb

_FOR_PACKAGES: Mapping[str, tuple[str, ...]] = {
    # Character sets beside UTF-8, 8 MB: Python has its own.
    "libc6": ("usr/lib/x86_64-linux-gnu/gconv/", "usr/lib/aarch64-linux-gnu/gconv/"),
    # Of libc-bin, Python needs the C.UTF-8 locale alone.
    "libc-bin": ("usr/bin/", "usr/sbin/", "var/cache/"),
}
"""By package of the base: what only other programs need of it, and `packages:` bring along."""


def base_entries(debs: Mapping[Deb, Path], python: str) -> list[Entry]:
    """An image's base from the packages of a Python version, sorted by path.

    Raises ArchiveError for a damaged package, or one that cannot work without its scripts.
    """
    return placement.with_parents(_base(debs, python, contents.read_all(debs)))


def package_entries(base: Mapping[Deb, Path], packages: Mapping[Deb, Path]) -> list[Entry]:
    """What `packages` add to, or change in, a base of `base`, sorted by path.

    With them comes what the base leaves out of its own packages, since Python has no need of it.
    """
    opened = contents.read_all({**base, **packages})
    lower = [one for one in opened if one.deb in base]
    added = [one for one in opened if one.deb not in base]
    below = _base(base, _python(base), lower)
    whole = {**_without_certificates(_unpacked(lower, whole=True)), **below}
    whole = _unpacked(added, whole=True, onto=whole)
    steps = [
        *maintainer.entries(opened, whole),
        *skeleton.shell(whole),
    ]
    whole.update({entry.path: entry for entry in steps})
    whole.update(recorded.entries(opened, whole, {entry.path for entry in steps}))
    _finish(whole, _architecture({**base, **packages}))
    changed = {path: entry for path, entry in whole.items() if below.get(path) != entry}
    return placement.with_parents(changed, whole)


def entries_on(below: Mapping[str, Entry], packages: Mapping[Deb, Path]) -> list[Entry]:
    """What `packages` add to, or change in, an installed Debian whose files are `below`.

    Of that the contents are read of shared libraries in the linker's folders alone.
    """
    added = contents.read_all(packages)
    whole = _unpacked(added, whole=True, onto=below)
    steps = [
        *maintainer.entries(added, whole),
        *skeleton.shell(whole),
    ]
    whole.update({entry.path: entry for entry in steps})
    whole.update(recorded.entries(added, whole, {entry.path for entry in steps}))
    _finish(whole, _architecture(packages))
    changed = {path: entry for path, entry in whole.items() if below.get(path) != entry}
    return placement.with_parents(changed, whole)


def left_out(debs: Mapping[Deb, Path]) -> dict[str, tuple[str, ...]]:
    """By package, what its maintainer scripts would have run and nobody does: for debugging."""
    return maintainer.left_out(contents.read_all(debs))


def _base(debs: Mapping[Deb, Path], python: str, opened: list[Contents]) -> dict[str, Entry]:
    files = _unpacked(opened, whole=False)
    steps = [
        *placement.links(_architecture(debs)),
        *skeleton.entries(python),
        *skeleton.certificates(files),
        *maintainer.entries(opened, files),
    ]
    files = _without_certificates(files)
    files.update({entry.path: entry for entry in steps})
    files.update(recorded.entries(opened, files, {entry.path for entry in steps}))
    _finish(files, _architecture(debs))
    return files


def _unpacked(
    opened: list[Contents], *, whole: bool, onto: Mapping[str, Entry] | None = None
) -> dict[str, Entry]:
    """The files of packages, put over those of `onto`."""
    files = dict(onto or {})
    for one in opened:
        spared = () if whole else _FOR_PACKAGES.get(one.deb.name, ())
        for entry in placement.place(one.entries):
            if entry.path.startswith(spared):
                continue
            if entry.path in files and entry.kind is Kind.FOLDER:
                continue  # a folder's first owner says its mode; a link there stays a link
            files[entry.path] = entry
    return files


def _without_certificates(files: Mapping[str, Entry]) -> dict[str, Entry]:
    """Single authorities are in the bundle already."""
    return {p: entry for p, entry in files.items() if not skeleton.is_certificate(p, entry)}


def _finish(files: dict[str, Entry], architecture: str) -> None:
    files[ld_cache.PATH] = file(ld_cache.PATH, ld_cache.cache(files, architecture))


def _architecture(debs: Mapping[Deb, Path]) -> str:
    return next((deb.architecture for deb in debs if deb.architecture != "all"), "amd64")


def _python(base: Mapping[Deb, Path]) -> str:
    names = (deb.name for deb in base)
    minimal = (name for name in names if name.startswith("python3.") and name.endswith("-minimal"))
    return next(minimal, "").removeprefix("python").removesuffix("-minimal")
