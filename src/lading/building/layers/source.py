"""The files of a source folder that go into an image, and those that may not."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lading.building import in_image
from lading.building.layers import entry, ignore_files
from lading.building.layers.entry import Entry
from lading.building.layers.ignore import Ignored
from lading.building.layers.tar import WHITEOUT
from lading.building.recipe import Recipe
from lading.errors import BuildError


@dataclass(frozen=True)
class Found:
    """A path of the source folder. `path` is relative to it, with slashes."""

    path: str
    full: Path
    status: os.stat_result
    """Of the path itself, not of what a link leads to."""
    target: str = ""
    """Of a symlink."""

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.status.st_mode)

    @property
    def is_executable(self) -> bool:
        return bool(self.status.st_mode & stat.S_IXUSR)

    def check_unchanged(self) -> None:
        """Raise BuildError for a file where another, or another state of it, lies by now.

        What is read more than once, or slowly, must be of one content.
        """
        if self.is_file and self._has_changed():
            raise BuildError(
                "changed while it was built",
                where=str(self.full),
                todo="build again once nothing writes to it",
            )

    def _has_changed(self) -> bool:
        # Follows no link: one may have taken the file's place.
        try:
            now = self.full.lstat()
        except OSError:
            return True
        was = self.status
        return (was.st_size, was.st_mtime_ns, was.st_ctime_ns, was.st_ino) != (
            *(now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino),
        )

    def said(self, digest: str) -> str:
        """All that a layer takes of it but its path; `digest` is its content's."""
        return f"{self.entry().mode:o} {self.target} {digest}"

    def entry(self, content: bytes | Path | None = None) -> Entry:
        """What it becomes in a layer: modes are 0644 or 0755, whatever the umask was."""
        path = f"{in_image.APP[1:]}/{self.path}"
        if self.target:
            return entry.symlink(path, self.target)
        if self.is_folder:
            return entry.folder(path)
        mode = 0o755 if self.is_executable else 0o644
        return entry.file(path, self.full if content is None else content, mode)


def of(recipe: Recipe) -> list[Found]:
    """What a recipe's image gets of its source folder: `walk` with what it ignores.

    Nothing where it is a graph.
    """
    if recipe.graph is not None:
        return []
    return walk(recipe.source, ignored(recipe))


def ignored(recipe: Recipe) -> Ignored:
    """What of its source a recipe leaves out. Raises BuildError for a file of patterns."""
    return Ignored(recipe.ignore, map(str, recipe.models), ignore_files.rules(recipe.source))


def walk(source: Path, ignored: Ignored) -> list[Found]:
    """Everything of `source` that is not ignored, sorted by path.

    Raises BuildError where there is no such folder, and for what no image can hold: a link that
    leads outside, a socket or device, a name that is not UTF-8.
    """
    if not source.is_dir():
        raise BuildError(
            "there is no such source folder" if not source.exists() else "is not a folder",
            where=str(source),
            todo="make it, or correct `source`",
        )
    found = list(_below(source, Path(os.path.realpath(source)), "", ignored))
    return sorted(found, key=lambda one: one.path)


def _below(folder: Path, root: Path, prefix: str, ignored: Ignored) -> Iterator[Found]:
    with _explained(folder):
        children = list(os.scandir(folder))
    for child in children:
        path, full = f"{prefix}{child.name}", Path(child.path)
        with _explained(full):
            is_folder = child.is_dir(follow_symlinks=False)
        if ignored(path, is_folder):
            if is_folder and ignored.enters(path):
                yield from _below(full, root, f"{path}/", ignored)
            continue
        _check_name(child.name, folder)
        # A file may be gone since its folder was read, or its path too long to be asked for.
        with _explained(full):
            one = _found(path, full, child.stat(follow_symlinks=False), root)
        yield one
        if is_folder:
            yield from _below(full, root, f"{path}/", ignored)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        came = (error.strerror or str(error)).lower()
        raise BuildError("cannot be read", where=str(path), came=came) from error


def _found(path: str, full: Path, status: os.stat_result, root: Path) -> Found:
    if stat.S_ISLNK(status.st_mode):
        target = str(full.readlink())
        if not _is_utf8(target):
            raise BuildError(
                "the link leads to a name that is not UTF-8",
                where=str(full),
                came=repr(os.fsencode(target))[1:],
                todo="rename what it leads to, or add the link to `ignore`",
            )
        _check_target(path, full, target, root)
        return Found(path, full, status, target)
    found = Found(path, full, status)
    if not found.is_file and not found.is_folder:
        raise BuildError(
            where=str(full),
            expected="a file, folder or link",
            came=_kind(status.st_mode),
            todo="move it out of the source folder, or add it to `ignore`",
        )
    return found


def _check_target(path: str, full: Path, target: str, root: Path) -> None:
    """In the image the folder is /app and nothing of this machine lies around it."""
    outside = target.startswith("/")
    outside |= os.path.normpath(f"{path}/../{target}").split("/")[0] == ".."
    outside |= not Path(os.path.realpath(full)).is_relative_to(root)
    if outside:
        raise BuildError(
            "the link leads out of the source folder",
            where=str(full),
            came=target,
            todo="copy what it leads to into the folder, or add the link to `ignore`",
        )


def _check_name(name: str, folder: Path) -> None:
    if not _is_utf8(name):
        raise BuildError(
            "a file name is not UTF-8",
            where=str(folder),
            came=repr(os.fsencode(name))[1:],
            todo="rename the file",
        )
    if name.startswith(WHITEOUT):
        raise BuildError(
            "in an image, that name deletes another file",
            where=str(folder / name),
            todo="rename it, or add it to `ignore`",
        )


def _is_utf8(text: str) -> bool:
    """Whether a name as the system gave it, with what is not UTF-8 as surrogates, is."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(mode: int) -> str:
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a pipe" if stat.S_ISFIFO(mode) else "a device"
