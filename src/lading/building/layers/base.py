"""The base layer: Debian's Python and what it needs, its standard library compiled."""

from __future__ import annotations

from lading.building.layers import blob, bytecode, cache, compiler
from lading.building.layers.blob import Blob, Heard
from lading.building.layers.materials import Materials
from lading.building.layers.wanted import LayerKind, Wanted


def wanted(materials: Materials) -> list[Wanted]:
    """The lowest layers of every image: Debian's Python, or those of somebody else's image."""
    locked = materials.locked
    if locked.image:
        from lading.building.layers import base_image

        return base_image.wanted(materials, locked.image)

    def key() -> str:
        return cache.key("base", [compiler.identity(locked)])

    def make(heard: Heard) -> Blob:
        entries = materials.base_entries()
        library = f"usr/lib/python{locked.python}/"
        sources = (one for one in entries if one.path.startswith(library))
        pyc = bytecode.compiled(bytecode.without_tests(sources, library), materials.interpreter)
        return blob.compressed(materials.store, [*entries, *pyc], heard)

    title = f"Debian {locked.suite}, Python {locked.python}"
    packages = {deb.name: deb.version for deb in locked.base}
    return [Wanted(LayerKind.BASE, title, key, make, packages=packages)]
