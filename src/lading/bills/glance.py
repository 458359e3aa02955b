"""Which commit is checked out, by a look at git's files: whether a bill is to be made at all.

Every command that builds asks it, and git itself would take longer than the rest of an unchanged
build.
"""

from __future__ import annotations

from pathlib import Path


def at(folder: Path) -> str:
    """A text that differs when the commit does, or which files git keeps; empty outside of any
    repository. Starts nothing."""
    found = _git_folder(folder)
    return f"{_head(found)} {_status(found / 'index')}" if found else ""


def _head(found: Path) -> str:
    head = _read(found / "HEAD")
    if not head.startswith("ref: "):
        return head
    common = found / (_read(found / "commondir") or ".")
    name = head.removeprefix("ref: ")
    for place in (found, common):
        if told := _read(place / name):
            return f"{name} {told}"
    # Not a file of its own: among the packed ones, or in tables (git-pack-refs(1)).
    packed = [common / "packed-refs", common / "reftable" / "tables.list"]
    return " ".join([name, *(_status(one) for one in packed)])


def _git_folder(folder: Path) -> Path | None:
    """`.git` of the folder or one above it; where that is a file, what it leads to."""
    for place in (folder, *folder.parents):
        found = place / ".git"
        if found.is_dir():
            return found
        if led := _read(found).removeprefix("gitdir: "):
            return place / led
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _status(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return "none"
    return f"{found.st_size} {found.st_mtime_ns}"
