"""A project's folder as an archive: the same bytes for the same files, wherever it lies.

Left out is what a checkout has besides its sources: version control, environments, caches, and
`*.egg-info`, which setuptools makes anew and would otherwise believe.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from lading.building.layers.ignore import Ignored
from lading.building.places import shown
from lading.errors import RequirementsError

TOP = "source"
"""The only folder at the top of an archive."""
_left_out = Ignored(("!.gitignore", "*.egg-info", ".eggs"))


def write(folder: Path, to: IO[bytes]) -> None:
    """Write `folder` as a plain tar. Raises RequirementsError for what cannot be read."""
    try:
        with tarfile.open(fileobj=to, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for path, name in _paths(folder):
                _add(tar, path, f"{TOP}/{name}")
    except OSError as error:
        where = error.filename or folder
        came = error.strerror or str(error)
        raise RequirementsError("cannot be read", where=shown(Path(where)), came=came) from error


def sha256(folder: Path) -> str:
    """Of what `write` would write."""
    seen = _Seen()
    write(folder, seen)  # type: ignore[arg-type]
    return seen.hash.hexdigest()


class _Seen:
    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    def write(self, chunk: bytes) -> int:
        self.hash.update(chunk)
        return len(chunk)


def _paths(folder: Path) -> Iterator[tuple[Path, str]]:
    for top, folders, names in os.walk(folder):
        below = Path(top).relative_to(folder)
        folders[:] = sorted(name for name in folders if not _stays(folder, below / name))
        links = [name for name in folders if (Path(top) / name).is_symlink()]
        for name in sorted([*names, *links]):
            if not _left_out((below / name).as_posix(), is_folder=False):
                yield Path(top) / name, (below / name).as_posix()


def _stays(folder: Path, below: Path) -> bool:
    environment = (folder / below / "pyvenv.cfg").is_file()
    return environment or _left_out(below.as_posix(), is_folder=True)


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    member = tarfile.TarInfo(name)
    if path.is_symlink():
        member.type, member.linkname = tarfile.SYMTYPE, str(path.readlink())
        tar.addfile(member)
    elif path.is_file():
        status = path.stat()
        member.mode, member.size = 0o755 if status.st_mode & 0o100 else 0o644, status.st_size
        with path.open("rb") as content:
            tar.addfile(member, content)
