"""An image of somebody else's that is a Debian: what is installed, and its files as entries."""

from __future__ import annotations

from lading.building.bases.tree import FILE, FOLDER
from lading.building.bases.unpacked import Unpacked
from lading.building.debian import index, ld_cache, placement
from lading.building.debian.index import Package
from lading.building.layers.entry import Entry, Kind
from lading.errors import LockError

_STATUS = "var/lib/dpkg/status"
_KINDS = {FILE: Kind.FILE, FOLDER: Kind.FOLDER}
_CONFIGURATION = "etc/ld.so.conf.d/"


def installed(image: Unpacked, suite: str, architecture: str, reference: str) -> list[Package]:
    """The packages that it has. Raises LockError where none can be added to it."""
    todo = "take an image of Debian bullseye, bookworm or trixie, or one that has them"
    problem = "`packages` are Debian's, and cannot be added to this image"
    if not suite:
        raise LockError(problem, reference, came="another system", todo=todo)
    if any(image.tree.followed(name) != f"usr/{name}" for name in ("bin", "lib")):
        raise LockError(problem, reference, came="a /usr that is not merged", todo=todo)
    found = index.installed(image.text(_STATUS), architecture)
    if not found:
        raise LockError(problem, reference, came="no list of what is installed", todo=todo)
    return found


def entries(image: Unpacked) -> dict[str, Entry]:
    """All that it holds, by path; files with content are those that the linker looks at."""
    nodes = image.tree.nodes
    configuration = [path for path in nodes if path.startswith(_CONFIGURATION)]
    image.bring(configuration)
    told = {path: _entry(image, path) for path in configuration}
    folders = ld_cache.folders(told)
    libraries = [
        path
        for path in nodes
        if path.rpartition("/")[0] in folders and ".so" in path.rpartition("/")[2]
    ]
    image.bring(libraries)
    # Links that make /usr merged stay as they are; what is placed goes below usr/ by itself.
    return {path: _entry(image, path) for path in nodes if path not in placement.MOVED}


def _entry(image: Unpacked, path: str) -> Entry:
    node = image.tree.nodes[path]
    kind = _KINDS.get(node.kind, Kind.SYMLINK)
    content = image.root / path if kind is Kind.FILE else b""
    return Entry(path, kind, node.mode & 0o1777, content, node.target)
