"""Layers of Python packages: the big ones each on its own, the small ones together.

A layer is a function of its wheels alone, so services that need the same numpy share its layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lading.building.layers import blob, bytecode, cache, compiler
from lading.building.layers.blob import Blob, Heard
from lading.building.layers.entry import Entry
from lading.building.layers.materials import Materials
from lading.building.layers.wanted import LayerKind, Wanted
from lading.building.lockfile import LockedEnvironment, Wheel

BIG_BYTES = 8_000_000
"""A larger wheel gets its own layer."""
_MOST_LAYERS = 40
"""Of big wheels; container engines hold images to about 127 layers."""


def wanted(materials: Materials, asked: Path | None, keep: tuple[str, ...] = ()) -> list[Wanted]:
    """A layer for the small wheels, then one for each big one, by name.

    `asked` is the file of requirements that they were locked from; `keep` are patterns of what is
    in them and would be left out.
    """
    if asked is None:
        return []
    return [_layer(group, materials, asked, keep) for group in groups(materials.locked.wheels)]


def groups(wheels: Sequence[Wheel]) -> list[tuple[Wheel, ...]]:
    """Wheels by layer: a group of small ones, then groups of one."""
    by_size = sorted(wheels, key=lambda wheel: (-wheel.size, wheel.name))
    big = set([wheel for wheel in by_size if _is_big(wheel)][:_MOST_LAYERS])
    small = tuple(sorted(wheel for wheel in wheels if wheel not in big))
    return ([small] if small else []) + [(wheel,) for wheel in sorted(big)]


def hashes(wheels: Sequence[Wheel], locked: LockedEnvironment) -> list[str]:
    """What decides the bytes of a layer of `wheels`: they and who compiles them."""
    return [compiler.identity(locked), *(wheel.sha256 for wheel in wheels)]


def with_bytecode(entries: Sequence[Entry], materials: Materials, site: str) -> list[Entry]:
    """Entries and the bytecode of those below `site`, but for the packages' own tests."""
    sources = (one for one in entries if one.path.startswith(site))
    compiled = bytecode.compiled(bytecode.without_tests(sources, site), materials.interpreter)
    return [*entries, *compiled]


def _is_big(wheel: Wheel) -> bool:
    """Not every index tells a size; then what was compiled for a platform counts as big."""
    return wheel.size > BIG_BYTES or (not wheel.size and not wheel.filename.endswith("-any.whl"))


def _layer(
    wheels: tuple[Wheel, ...], materials: Materials, asked: Path, keep: tuple[str, ...]
) -> Wanted:
    locked = materials.locked

    def key() -> str:
        return cache.key("wheels", [*hashes(wheels, locked), *keep])

    def make(heard: Heard) -> Blob:
        from lading.building.wheels import install
        from lading.building.wheels.installed_tree import Place

        site = locked.site.lstrip("/")
        place = Place(site, locked.interpreter, keep=keep)
        with install.installed(wheels, locked, place, materials.cache, asked) as entries:
            whole = with_bytecode(entries, materials, site)
            return blob.compressed(materials.store, whole, heard)

    versions = {wheel.name: wheel.version for wheel in wheels}
    return Wanted(LayerKind.WHEELS, "".join(_title(wheels)), key, make, packages=versions)


def _title(wheels: tuple[Wheel, ...]) -> Iterator[str]:
    names = [f"{wheel.name} {wheel.version}" for wheel in wheels]
    yield ", ".join(names[:3])
    if len(names) > 3:
        yield f" and {len(names) - 3} more"
