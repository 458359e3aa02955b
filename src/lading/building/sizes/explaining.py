"""What takes the room in an image, in few lines: packages, files, copies, and what could go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lading.building.sizes import needed, reading
from lading.building.sizes.known import File, Known
from lading.building.sizes.owners import Owner, Owners
from lading.building.sizes.reading import Files
from lading.oci import Image, Manifest
from lading.oci.annotations import KIND

_ENDS_ALIKE = 2
"""Copies of files are told where there are as many, or more."""


@dataclass(frozen=True)
class Part:
    """A package, the code, or a model: bytes as sent, estimated, and unpacked."""

    owner: Owner
    packed: int
    size: int
    files: int


@dataclass(frozen=True)
class Copies:
    """Files with the same content, or a file and what hides it; `wasted` bytes too many, sent."""

    paths: tuple[str, ...]
    wasted: int
    hidden: bool = False


@dataclass(frozen=True)
class Removable:
    """A Python package that no other needs, and what is there for its sake alone."""

    name: str
    others: tuple[str, ...]
    packed: int
    size: int


@dataclass(frozen=True)
class Explained:
    """Each list from the largest down, and whole: who shows it cuts it."""

    packed: int
    size: int
    """Bytes of all files, those that are hidden too."""
    parts: Sequence[Part]
    files: Sequence[File]
    copies: Sequence[Copies]
    removable: Sequence[Removable]


def explain(image: Image, known: Known | None = None) -> Explained:
    """Reads every layer that is not `known`. Raises DamagedBlob."""
    found = reading.read(image, known)
    kinds = [one.annotations.get(KIND, "base") for one in Manifest.parse(image.manifest).layers]
    owners = Owners(found.told)
    owned = [(one, owners.of(one.path, kinds[one.layer])) for one in found.files]
    parts = _parts(owned)
    return Explained(
        sum(one.packed for one in found.files),
        sum(one.size for one in found.files),
        parts,
        sorted(found.files, key=lambda one: (-one.packed, one.path)),
        [*_hidden(found), *_copies(found)],
        _removable(found.told, parts),
    )


def _parts(owned: Iterable[tuple[File, Owner]]) -> list[Part]:
    by_owner: dict[Owner, list[File]] = defaultdict(list)
    for file, owner in owned:
        by_owner[owner].append(file)
    parts = [
        Part(owner, sum(x.packed for x in files), sum(x.size for x in files), len(files))
        for owner, files in by_owner.items()
    ]
    return sorted(parts, key=lambda one: (-one.packed, one.owner))


def _hidden(found: Files) -> list[Copies]:
    """Files of lower layers that a higher one replaces."""
    visible = found.visible()
    hidden = [x for x in found.files if visible[x.path] is not x and x.size]
    rows = [Copies((one.path,), one.packed, hidden=True) for one in hidden]
    return sorted(rows, key=lambda one: (-one.wasted, one.paths))


def _copies(found: Files) -> list[Copies]:
    by_digest: dict[str, list[File]] = defaultdict(list)
    for one in found.visible().values():
        if one.digest:
            by_digest[one.digest].append(one)
    rows = []
    for files in by_digest.values():
        if len(files) >= _ENDS_ALIKE:
            kept = min(one.packed for one in files)
            paths = tuple(sorted(one.path for one in files))
            rows.append(Copies(paths, sum(one.packed for one in files) - kept))
    return sorted(rows, key=lambda one: (-one.wasted, one.paths))


def _removable(told: Mapping[str, str], parts: Iterable[Part]) -> list[Removable]:
    wheels = {one.owner.name: one for one in parts if one.owner.kind == "wheel"}
    graph = needed.graph(told, {name: one.owner for name, one in wheels.items()})
    rows = []
    for name, going in needed.only_for(graph).items():
        there = [wheels[one] for one in going]
        others = sorted(going - {name})
        rows.append(
            Removable(
                name,
                tuple(others),
                sum(one.packed for one in there),
                sum(one.size for one in there),
            )
        )
    return sorted(rows, key=lambda one: (-one.packed, one.name))
