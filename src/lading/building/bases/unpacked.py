"""What of an image lies unpacked on this machine: its tree, and the few files that are looked at.

Below `cache/bases/DIGEST`: `tree`, and `root/` with its Python, its standard library and what says
what system it is. Made at once, when first asked for; may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from lading.building.bases import tree as trees
from lading.building.bases.tree import Tree, inside, members
from lading.building.layers.workspace import workspace
from lading.oci import Image
from lading.stores.disk import explained

TOLD = (
    *("etc/os-release", "usr/lib/os-release", "etc/passwd", "etc/group"),
    *("etc/debian_version", "var/lib/dpkg/status", "etc/ld.so.conf"),
)
"""Files that say what system it is."""


@dataclass(frozen=True)
class Unpacked:
    """An image, and the folder where some of its files are, each by its path in the image."""

    image: Image
    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @cached_property
    def tree(self) -> Tree:
        """All that the image holds."""
        return trees.decoded((self.folder / "tree").read_bytes())

    def text(self, path: str) -> str:
        """A file's text, links followed; empty where there is none of those that are unpacked."""
        return (self.read(path) or b"").decode("utf-8", "replace")

    def read(self, path: str) -> bytes | None:
        """A file's bytes, links followed; None where there is none of those that are unpacked."""
        found = self.tree.file(path)
        try:
            return (self.root / found).read_bytes() if found else None
        except FileNotFoundError:
            return None

    def bring(self, paths: Iterable[str]) -> None:
        """Unpack more of its files, links of them followed, where they are not there yet."""
        found = {one for path in paths if (one := self.tree.file(path))}
        missing = {one for one in found if not (self.root / one).exists()}
        if missing:
            with workspace(self.folder.parents[1]) as temporary:
                _extract(self.image, self.tree, missing, temporary)
                for path in sorted(missing):
                    (self.root / path).parent.mkdir(parents=True, exist_ok=True)
                    (temporary / path).replace(self.root / path)


def of(image: Image, cache: Path) -> Unpacked:
    """Reads all of the image the first time. Raises DamagedBlob, StoreError."""
    folder = cache / "bases" / image.digest.hex
    found = Unpacked(image, folder)
    if not _is_whole(found):
        shutil.rmtree(folder, ignore_errors=True)
        tree = trees.of(image)
        with workspace(cache) as temporary, explained(folder.parent):
            (temporary / "root").mkdir()
            (temporary / "tree").write_bytes(trees.encoded(tree))
            told = {one for path in TOLD if (one := tree.file(path))}
            _extract(image, tree, told, temporary / "root")
            folder.parent.mkdir(parents=True, exist_ok=True)
            # Another process may have been quicker; its folder is as good.
            with contextlib.suppress(OSError):
                temporary.rename(folder)
    return found


def _is_whole(found: Unpacked) -> bool:
    try:
        return found.root.is_dir() and bool(found.tree.nodes)
    except (OSError, msgspec.MsgspecError):
        return False


def _extract(image: Image, tree: Tree, paths: Collection[str], to: Path) -> None:
    """Regular files, each from the layer that it is of; a hard link's from what it is the same as.

    A layer is read to its end, so that its digest is known to be right.
    """
    by_layer: dict[int, dict[str, list[str]]] = {}
    for path in paths:
        node = tree.nodes[path]
        by_layer.setdefault(node.layer, {}).setdefault(node.same or path, []).append(path)
    for number, wanted in by_layer.items():
        _extract_layer(image, number, wanted, to)


def _extract_layer(image: Image, number: int, wanted: Mapping[str, list[str]], to: Path) -> None:
    for member, tar in members(image.layers[number]):
        paths = wanted.get(inside(member.name), ()) if member.isfile() else ()
        content = tar.extractfile(member) if paths else None
        if content is None:
            continue
        first, *others = (to / path for path in paths)
        first.parent.mkdir(parents=True, exist_ok=True)
        with first.open("wb") as file:
            shutil.copyfileobj(content, file)
        first.chmod(0o755 if member.mode & 0o100 else 0o644)
        for other in others:
            other.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(first, other)
