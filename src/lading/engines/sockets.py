"""What every engine's UNIX sockets are held to."""

from __future__ import annotations

from pathlib import Path

from lading.errors import EngineUnavailable

_PATH_BYTES = 107
"""unix(7): `sun_path` holds 108, the last of them a zero."""


def require_room(socket: Path, run: Path) -> None:
    """Raises EngineUnavailable where `socket`, below `run`, has a longer path than a socket may."""
    longest = len(str(socket).encode())
    if longest > _PATH_BYTES:
        raise EngineUnavailable(
            "no room for the names of sockets",
            where=str(run),
            expected=f"paths of {_PATH_BYTES} bytes at most",
            came=str(longest),
            todo="set XDG_RUNTIME_DIR to a shorter folder",
        )
