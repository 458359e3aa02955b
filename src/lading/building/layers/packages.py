"""The layer of Debian packages that the author asked for."""

from __future__ import annotations

from lading.building.layers import blob, cache, compiler
from lading.building.layers.blob import Blob, Heard
from lading.building.layers.materials import Materials
from lading.building.layers.wanted import LayerKind, Wanted


def wanted(materials: Materials) -> Wanted | None:
    """None when no packages were asked for."""
    packages = materials.locked.packages
    if not packages:
        return None

    def key() -> str:
        hashes = sorted(deb.sha256 for deb in packages)
        below = compiler.identity(materials.locked)
        return cache.key("packages", [below, *hashes])

    def make(heard: Heard) -> Blob:
        from lading.building.bases import debian_base
        from lading.building.debian import fetch, rootfs

        debs = fetch.fetch(packages, materials.cache, materials.progress)
        if materials.locked.image:
            entries = rootfs.entries_on(debian_base.entries(materials.unpacked), debs)
        else:
            entries = rootfs.package_entries(materials.base_debs(), debs)
        return blob.compressed(materials.store, entries, heard)

    count = len(packages)
    title = f"{count} Debian packages" if count > 1 else f"Debian package {packages[0].name}"
    versions = {deb.name: deb.version for deb in packages}
    return Wanted(LayerKind.PACKAGES, title, key, make, packages=versions)
