"""Where a package's files go in an image, and which stay out of it.

An image always has a merged /usr (https://wiki.debian.org/UsrMerge): /bin, /sbin and /lib are
links, whatever the package was built for.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from lading.building.layers.entry import Entry, Kind, folder, symlink

MERGED = ("bin", "sbin", "lib", "lib64")
MOVED = {**{name: f"usr/{name}" for name in MERGED}, "var/run": "run", "var/lock": "run/lock"}
"""Folders that are links in an image, and what they point at."""
SURPLUS = (
    "usr/share/man/*",
    "usr/share/info/*",
    "usr/share/lintian/*",
    "usr/share/bug/*",
    "usr/share/locale/*",
    "usr/share/doc-base/*",
    "usr/share/bash-completion/*",
    "usr/share/zoneinfo/right/*",
    "usr/share/zoneinfo/posix/*",
    "usr/share/pixmaps/*",
    "usr/share/menu/*",
    "usr/share/base-files/*",
    "etc/update-motd.d/*",
)
"""For people at a terminal, or copies; nothing at run time opens them."""
_DOCUMENTATION = "usr/share/doc/"


def place(entries: Iterable[Entry]) -> Iterator[Entry]:
    """`entries` where they belong in an image, without the surplus."""
    for entry in entries:
        path = moved(entry.path)
        if path not in MOVED and not _is_surplus(path, entry):
            yield replace(entry, path=path, target=_target(path, entry))


def links(architecture: str) -> list[Entry]:
    """The links that make /usr merged. lib64 is where amd64's loader is looked for."""
    names = [name for name in MOVED if name != "lib64" or architecture == "amd64"]
    return [
        symlink(name, posixpath.relpath(MOVED[name], posixpath.dirname(name))) for name in names
    ]


def with_parents(
    files: Mapping[str, Entry], known: Mapping[str, Entry] | None = None
) -> list[Entry]:
    """Entries sorted by path, every folder above one included: as `known` has it, where it does."""
    whole = dict(files)
    for path in files:
        above = posixpath.dirname(path)
        while above and above not in whole:
            whole[above] = (known or {}).get(above) or folder(above)
            above = posixpath.dirname(above)
    return [whole[path] for path in sorted(whole)]


def moved(path: str) -> str:
    """Where a path of a package is in an image."""
    for old, new in MOVED.items():
        if path.startswith(f"{old}/"):
            return new + path[len(old) :]
    return path


def _target(path: str, entry: Entry) -> str:
    """A relative link that leaves a moved folder through its old place still has to arrive."""
    if entry.kind is not Kind.SYMLINK or entry.target.startswith("/"):
        return entry.target
    if path == entry.path:
        return entry.target
    aimed = posixpath.normpath(posixpath.join("/", posixpath.dirname(entry.path), entry.target))
    return posixpath.relpath("/" + moved(aimed[1:]), "/" + posixpath.dirname(path))


def _is_surplus(path: str, entry: Entry) -> bool:
    if path.startswith(_DOCUMENTATION):
        kept = path.endswith("/copyright") or path.count("/") == 3
        return not (kept and entry.kind is not Kind.FOLDER)
    whole = f"{path}/" if entry.kind is Kind.FOLDER else path
    return any(fnmatch.fnmatchcase(whole, pattern) for pattern in SURPLUS)
