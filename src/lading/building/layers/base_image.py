"""The layers of somebody else's image, as they are, and one of ours that makes it fit.

Ours has what every image needs and theirs may lack: the account that containers run as, the
folders that an engine mounts something at, and the way to the packages that are installed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.building import in_image
from lading.building.base_image import BaseImage
from lading.building.bases import supply
from lading.building.layers import blob, cache
from lading.building.layers.blob import Blob, Heard
from lading.building.layers.entry import Entry, file, folder
from lading.building.layers.materials import Materials
from lading.building.layers.wanted import LayerKind, Wanted
from lading.errors import BuildError
from lading.oci import Descriptor, Layer, media_types

if TYPE_CHECKING:
    from lading.building.bases.unpacked import Unpacked

_TYPES = {
    "application/vnd.docker.image.rootfs.diff.tar": media_types.LAYER,
    "application/vnd.docker.image.rootfs.diff.tar.gzip": media_types.LAYER_GZIP,
    "application/vnd.docker.image.rootfs.diff.tar.zstd": media_types.LAYER_ZSTD,
}
"""What Docker's manifests call the same bytes (distribution, manifest-v2-2.md)."""
_ID = in_image.USER_ID
_WAY = """\
# The packages of {site} come before those of this folder, and all others of Python's.
import site
import sys

here = __file__.rpartition("/")[0]
before = list(sys.path)
site.addsitedir("{site}")
added = [folder for folder in sys.path if folder not in before]
at = before.index(here) if here in before else len(before)
sys.path[:] = [*before[:at], *added, *before[at:]]
"""
_MODULE = "_lading_packages"
WAY = {
    f"{_MODULE}.py": _WAY.format(site=in_image.SITE).encode(),
    f"{_MODULE}.pth": f"import {_MODULE}\n".encode(),
}
"""Files for the folder where the image's Python looks for packages, by which it finds ours."""


def wanted(materials: Materials, base: BaseImage) -> list[Wanted]:
    """The image's own from the lowest up, then ours.

    Where the image is not in the store yet, one stands for all of its layers.
    """
    image = supply.stored(base, materials.store)
    if image is None:
        return [_missing(base)]
    count = len(image.layers)
    own = [
        _own(materials, base, layer, f"{base.reference} {number + 1}/{count}", number)
        for number, layer in enumerate(image.layers)
    ]
    return [*own, _fitting(materials, base)]


def _missing(base: BaseImage) -> Wanted:
    def make(_: Heard) -> Blob:
        raise BuildError(
            "the image is not in the store", base.reference, todo="run `lading build` again"
        )

    return Wanted(LayerKind.BASE, base.reference, lambda: None, make)


def _own(materials: Materials, base: BaseImage, layer: Layer, title: str, number: int) -> Wanted:
    def make(heard: Heard) -> Blob:
        size = materials.unpacked.tree.unpacked_sizes[number]
        heard(size)
        bare = layer.descriptor
        kind = _TYPES.get(bare.media_type, bare.media_type)
        return Blob(Descriptor(kind, bare.digest, bare.size), layer.diff_id, size)

    def key() -> str:
        return cache.key("image", [base.digest, str(number)])

    return Wanted(LayerKind.BASE, title, key, make)


def _fitting(materials: Materials, base: BaseImage) -> Wanted:
    def make(heard: Heard) -> Blob:
        return blob.compressed(materials.store, entries(materials.unpacked, base), heard)

    def key() -> str:
        return cache.key("image", [base.digest, "fitting", base.site])

    return Wanted(LayerKind.BASE, "an account, folders, the way to packages", key, make)


def entries(image: Unpacked, base: BaseImage) -> list[Entry]:
    """What is put on an image so that it fits, sorted by path."""
    site = _real(image, base.site)
    found = [
        *_accounts(image),
        *_folders(image),
        *(file(f"{site}/{name}", content) for name, content in WAY.items()),
    ]
    return [*found, *_above(image, found)]


def _accounts(image: Unpacked) -> list[Entry]:
    """The image's own, and the one that containers of ours run as; libraries look it up."""
    users, groups = image.text("etc/passwd"), image.text("etc/group")
    user = f"{in_image.USER}:x:{_ID}:{_ID}:{in_image.USER}:/tmp:/usr/sbin/nologin\n"
    return [
        *_with(image, "etc/passwd", users or "root:x:0:0:root:/root:/bin/sh\n", user),
        *_with(image, "etc/group", groups or "root:x:0:\n", f"{in_image.USER}:x:{_ID}:\n"),
    ]


def _with(image: Unpacked, path: str, text: str, line: str) -> list[Entry]:
    taken = any(one.split(":")[2:3] == [str(_ID)] for one in text.splitlines())
    if taken and image.tree.file(path):
        return []
    end = "" if text.endswith("\n") else "\n"
    return [file(_real(image, path), f"{text}{end}{line}".encode())]


def _folders(image: Unpacked) -> list[Entry]:
    """Those that are not there; what is there keeps its mode."""
    wanted = {in_image.APP: 0o755, in_image.SOCKET_FOLDER: 0o755, "/tmp": 0o1777}
    return [
        folder(_real(image, path), mode)
        for path, mode in wanted.items()
        if not image.tree.folder(path)
    ]


def _above(image: Unpacked, found: list[Entry]) -> list[Entry]:
    """The image's own folders above ours, as they are: a layer says the mode of each."""
    listed = {one.path for one in found}
    modes: dict[str, int] = {}
    for one in found:
        path = one.path
        while path := path.rpartition("/")[0]:
            node = image.tree.get(path)
            if node is not None and path not in listed:
                modes[path] = node.mode & 0o1777
    return [folder(path, mode) for path, mode in sorted(modes.items())]


def _real(image: Unpacked, path: str) -> str:
    """Where a path of the image is, links of folders above it followed: one that a layer has as a
    folder would be a folder from there on."""
    path = path.strip("/")
    above, _, name = path.rpartition("/")
    if not above:
        return path
    found = image.tree.followed(above)
    return f"{found if found is not None else _real(image, above)}/{name}".lstrip("/")
