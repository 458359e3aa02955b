"""Where Lading keeps things, by the XDG base directory specification 0.8.

`LADING_HOME`, when set, holds all of them instead.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """`data` survives, `cache` may be deleted at any time, `run` is gone after a reboot."""

    data: Path
    cache: Path
    run: Path
    """Kept short: UNIX socket paths below it may not exceed 107 bytes."""

    @classmethod
    def of_user(cls, environ: Mapping[str, str] = os.environ) -> Folders:
        """The folders of the user this process runs as."""
        home = Path(environ.get("HOME") or Path.home())
        if own := environ.get("LADING_HOME"):
            data = Path(own).resolve() / "data"
            # A long home would not leave room for socket names, hence a short hash of it.
            run = _run_root(environ) / hashlib.sha256(str(data).encode()).hexdigest()[:8]
            return cls(data, Path(own).resolve() / "cache", run)
        data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share") / "lading"
        cache = Path(environ.get("XDG_CACHE_HOME") or home / ".cache") / "lading"
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


def _run_root(environ: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return Path("/run/lading")
    if runtime := environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "lading"
    return Path(f"/tmp/lading-{os.geteuid()}")
