"""Where things lie inside an image, and as whom it runs."""

from __future__ import annotations

APP = "/app"
"""The user's source; the working directory, and first on Python's path."""
RUNTIME = "/opt/lading/runtime"
"""lading_runtime and its dependencies; last on Python's path."""
LAUNCHER = "/opt/lading/launch.py"
"""Sets the path's order and starts lading_runtime."""
SOCKET_FOLDER = "/run/lading"
"""An engine mounts a folder here; a server told so by LADING_SOCKET listens in it."""
PORT = 8080
"""Where a server listens when LADING_SOCKET is not set."""
USER = "nonroot"
USER_ID = 65532


SITE = "/opt/lading/site"
"""Where wheels go on an image of somebody else's, whose own packages come after them."""


def python(version: str) -> str:
    """The interpreter of Debian's package."""
    return f"/usr/bin/python{version}"


def site(version: str) -> str:
    """Where wheels go: Debian's own folder for packages that are not Debian's."""
    return f"/usr/local/lib/python{version}/dist-packages"
