"""What an image holds, its layers seen as one: names, kinds and links, and in which layer each is.

Source: OCI image specification 1.1, layer.md ("Whiteouts"); a layer hides what lies below it, and
never what is its own.
"""

from __future__ import annotations

import posixpath
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec

from lading.errors import StoreError
from lading.oci import Image, Layer
from lading.stores.uncompressed import tar_of

FORMAT = 1
"""Of `encoded`."""
FILE, FOLDER, LINK = "f", "d", "l"
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_MOST_LINKS = 40
_AT_ONCE = 4
_READ_BYTES = 1024**2


class Node(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A path of an image. `kind` is FILE, FOLDER or LINK."""

    kind: str
    mode: int
    target: str
    """Of a link."""
    layer: int
    """From 0, the lowest."""
    same: str
    """Of a hard link: the path, in the same layer, whose content it has."""


class _Layer(msgspec.Struct, frozen=True, array_like=True):
    """A layer by itself. `hidden` and `opaque` are what it hides of those below."""

    nodes: dict[str, Node]
    hidden: list[str]
    opaque: list[str]
    unpacked_size: int


class Tree(msgspec.Struct, frozen=True):
    """By path, without a slash at its beginning."""

    nodes: dict[str, Node]
    unpacked_sizes: list[int]
    """About how many bytes each layer has as a tar."""

    def get(self, path: str) -> Node | None:
        """What lies at a path, no link followed."""
        return self.nodes.get(path.strip("/"))

    def followed(self, path: str) -> str | None:
        """Where a path leads, links of folders above it included; None where nothing is.

        Without a slash at its beginning, as `nodes` have them.
        """
        place = posixpath.normpath(f"/{path.strip('/')}")
        for _ in range(_MOST_LINKS):
            for at in _prefixes(place):
                node = self.nodes.get(at)
                if node is not None and node.kind == LINK:
                    above = posixpath.dirname(f"/{at}")
                    rest = place[len(at) + 1 :]
                    place = posixpath.normpath(posixpath.join(above, node.target) + rest)
                    break
            else:
                found = place.strip("/")
                return found if not found or found in self.nodes else None
        return None

    def file(self, path: str) -> str | None:
        """As `followed`, for a regular file alone."""
        found = self.followed(path)
        return found if found and self.nodes[found].kind == FILE else None

    def folder(self, path: str) -> str | None:
        """As `followed`, for a folder alone; one that only has something in it counts."""
        found = self.followed(path)
        return found if found and self.nodes[found].kind == FOLDER else None

    def below(self, folder: str) -> Iterator[str]:
        """Every path in a folder, links not followed."""
        inside = folder.strip("/") + "/"
        return (path for path in self.nodes if path.startswith(inside))


def of(image: Image) -> Tree:
    """Reads every layer. Raises DamagedBlob; StoreError for what is no layer."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        read = list(pool.map(_read, range(len(image.layers)), image.layers))
    return Tree(_merged(read), [one.unpacked_size for one in read])


def encoded(tree: Tree) -> bytes:
    """What `decoded` reads."""
    return msgspec.msgpack.encode(tree)


def decoded(raw: bytes) -> Tree:
    """Raises msgspec.MsgspecError."""
    return msgspec.msgpack.decode(raw, type=Tree)


def _read(number: int, layer: Layer) -> _Layer:
    nodes: dict[str, Node] = {}
    hidden: list[str] = []
    opaque: list[str] = []
    size = 0
    for member, _ in members(layer):
        path = inside(member.name)
        folder, _, name = path.rpartition("/")
        # Headers, padding and the end, which a tar is rounded up with, are too little to matter.
        size += 512 + -(-member.size // 512) * 512
        if name == _OPAQUE:
            opaque.append(folder)
        elif name.startswith(_WHITEOUT):
            hidden.append(f"{folder}/{name[len(_WHITEOUT) :]}".lstrip("/"))
        elif path and (node := _node(member, number)):
            first = nodes.get(node.same)
            nodes[path] = first if first and node.same and first.same else node
    return _Layer(nodes, hidden, opaque, size)


def members(layer: Layer) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
    """The members of a layer's tar as they come. Whoever stops early has checked no digest.

    Raises DamagedBlob; StoreError for what is no tar.
    """
    try:
        with (
            tar_of(layer) as stream,
            tarfile.open(fileobj=stream, mode="r|", bufsize=_READ_BYTES) as tar,
        ):
            for member in tar:
                yield member, tar
                # A stream's TarFile would otherwise keep every member it has read.
                tar.members = []  # type: ignore[attr-defined]
    except tarfile.TarError as error:
        where = f"layer {layer.descriptor.digest}"
        raise StoreError("a layer is not a tar", where, came=str(error)) from error


def _node(member: tarfile.TarInfo, layer: int) -> Node | None:
    """None for devices and pipes: a container has none but its own."""
    mode = member.mode & 0o7777
    if member.isdir():
        return Node(FOLDER, mode, "", layer, "")
    if member.issym():
        return Node(LINK, 0o777, member.linkname, layer, "")
    if member.islnk():
        return Node(FILE, mode, "", layer, inside(member.linkname))
    return Node(FILE, mode, "", layer, "") if member.isfile() else None


@dataclass
class _Merging:
    nodes: dict[str, Node] = field(default_factory=dict)
    children: dict[str, set[str]] = field(default_factory=dict)

    def put(self, path: str, node: Node) -> None:
        before = self.nodes.get(path)
        if before is not None and not before.kind == node.kind == FOLDER:
            self.remove(path)
        self.nodes[path] = node
        while path and path not in self.children.setdefault(above := _above(path), set()):
            self.children[above].add(path)
            path = above

    def remove(self, path: str) -> None:
        self.empty(path)
        self.nodes.pop(path, None)
        self.children.get(_above(path), set()).discard(path)

    def empty(self, path: str) -> None:
        for child in list(self.children.get(path, ())):
            self.remove(child)


def _merged(layers: Iterable[_Layer]) -> dict[str, Node]:
    merging = _Merging()
    for number, layer in enumerate(layers):
        for path in layer.hidden:
            merging.remove(path)
        for path in layer.opaque:
            merging.empty(path)
        for path, node in layer.nodes.items():
            merging.put(path, node)
        _with_folders(merging, layer.nodes, number)
    return merging.nodes


def _with_folders(merging: _Merging, added: Mapping[str, Node], layer: int) -> None:
    """Folders that nobody listed, above what was."""
    for path in added:
        while (path := _above(path)) and path not in merging.nodes:
            merging.nodes[path] = Node(FOLDER, 0o755, "", layer, "")


def inside(name: str) -> str:
    """The path relative to the root, without empty and `.` parts. Raises StoreError for `..`."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise StoreError("a layer has a path with '..' in it", where=name)
    return "/".join(parts)


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _prefixes(path: str) -> Sequence[str]:
    """`a`, `a/b`, `a/b/c` of `/a/b/c`."""
    parts = path.strip("/").split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
