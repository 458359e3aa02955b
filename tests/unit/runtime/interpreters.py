"""Other Pythons that are installed here, by version."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13")
"""Those that the runtime is written for."""


@cache
def find(version: str) -> str | None:
    """One that can be started: on the path, or among those that pyenv or uv keep."""
    on_path = shutil.which(f"python{version}")
    kept = (
        Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions",
        Path.home() / ".local/share/uv/python",
    )
    found = [place for root in kept for place in sorted(root.glob(f"*/bin/python{version}"))]
    for candidate in [*([on_path] if on_path else []), *map(str, reversed(found))]:
        command = [candidate, "-c", "import sys; print(sys.version_info[:2])"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.stdout.strip() == str(tuple(map(int, version.split(".")))):
            return candidate
    return None
