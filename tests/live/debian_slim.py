"""`debian:bookworm-slim` for an engine with no registry to pull it from: made of the archive."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.live.conftest import PROMISED, DockerEngine

NAME = "debian:bookworm-slim"
_ARCHIVES = (
    "deb http://deb.debian.org/debian bookworm main",
    "deb http://deb.debian.org/debian bookworm-updates main",
    "deb http://deb.debian.org/debian-security bookworm-security main",
)
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def imported(docker: DockerEngine, folder: Path) -> None:
    """Give the engine the image, which it loses when the test ends."""
    if not shutil.which("mmdebstrap"):
        reason = "no mmdebstrap here; `apt-get install mmdebstrap` brings it"
        pytest.fail(reason) if PROMISED else pytest.skip(reason)
    root = folder / "slim.tar"
    hooks = [
        # What this machine trusts: pip asks an index through whatever stands between.
        f'cp {_BUNDLE} "$1{_BUNDLE}"',
        'rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*',
    ]
    command = [
        *("mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates"),
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        *(f"--customize-hook={hook}" for hook in hooks),
        *("bookworm", str(root), *_ARCHIVES),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.fail(done.stderr)
    docker("import", root, NAME)
    docker.loaded.append(NAME)
