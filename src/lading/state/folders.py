"""Where Lading keeps things, by the XDG base directory specification 0.8.

`LADING_HOME`, when set, holds all of them instead.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lading.errors import StateError


@dataclass(frozen=True)
class Folders:
    """`data` survives, `cache` may be deleted at any time, `run` is gone after a reboot."""

    data: Path
    cache: Path
    run: Path
    """Kept short: UNIX socket paths below it may not exceed 107 bytes."""

    @classmethod
    def of_user(cls, environ: Mapping[str, str] = os.environ) -> Folders:
        """The folders of the user this process runs as. Raises StateError."""
        if own := environ.get("LADING_HOME"):
            data = Path(own).resolve() / "data"
            # A long home would not leave room for socket names, hence a short hash of it.
            run = _run_root(environ) / hashlib.sha256(str(data).encode()).hexdigest()[:8]
            return cls(data, Path(own).resolve() / "cache", run)
        data = _base(environ, "XDG_DATA_HOME", ".local/share") / "lading"
        cache = _base(environ, "XDG_CACHE_HOME", ".cache") / "lading"
        return cls(data, cache, _run_root(environ) / "default")

    @property
    def store(self) -> Path:
        """The OCI layout with all images of the user."""
        return self.data / "store"

    @property
    def engine(self) -> Path:
        """What the embedded engine keeps: unpacked layers and containers."""
        return self.data / "engine"

    def app(self, folder: Path) -> Path:
        """What belongs to the app in `folder`: its database and logs."""
        return self.data / "apps" / self._key(folder)

    def app_run(self, folder: Path) -> Path:
        """Sockets of the app in `folder`."""
        return self.run / self._key(folder)

    @staticmethod
    def _key(folder: Path) -> str:
        return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:10]


def _base(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    if own := environ.get(variable):
        return Path(own)
    try:
        return Path(environ.get("HOME") or Path.home()) / below_home
    except RuntimeError as error:
        raise StateError(
            "this user has no home folder",
            str(os.geteuid()),
            todo="set LADING_HOME to a folder for Lading's files",
        ) from error


def _run_root(environ: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return Path("/run/lading")
    if runtime := environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "lading"
    own = Path(f"/tmp/lading-{os.geteuid()}")
    _take(own)
    return own


def _take(folder: Path) -> None:
    """Make a folder of this user's alone where anybody may make any.

    Raises StateError when another was there first: who owns it could put sockets of their own in
    the place of ours.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    others = stat.S_IMODE(found.st_mode) & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or others:
        raise StateError(
            "not this user's own",
            str(folder),
            expected=f"a folder of user {os.geteuid()} that nobody else may write to",
            came=f"{stat.filemode(found.st_mode)} of user {found.st_uid}",
            todo="remove it, or set XDG_RUNTIME_DIR to a folder of yours",
        )
