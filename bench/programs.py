"""Programs that the measurements call, and how they are called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LADING = ROOT / ".venv" / "bin" / "lading"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

# Program → the Debian package that brings it.
_NEEDED = {
    "buildah": "buildah",
    "docker-registry": "docker-registry",
    "dockerd": "docker.io",
    "mmdebstrap": "mmdebstrap",
    "runc": "runc",
    "wrk": "wrk",
}


class MeasurementError(Exception):
    """A program did not do what a measurement needs; the message ends with what it said."""


def call(
    *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    """What a program prints. Raises MeasurementError."""
    done = subprocess.run(arguments, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        words = " ".join(map(str, arguments[:3]))
        said = f"{done.stderr}{done.stdout}"
        raise MeasurementError(f"`{words} …` ended with {done.returncode}: {said[-2000:].strip()}")
    return done.stdout


def install(*names: str) -> None:
    """Install what is missing from Debian's archive: of these programs, or of all.

    Raises MeasurementError.
    """
    missing = [_NEEDED[name] for name in names or _NEEDED if not _find(name)]
    if not missing:
        return
    say(f"installing {', '.join(missing)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    call("apt-get", "-qq", "update", env=quiet)
    call("apt-get", "-qq", "install", "--yes", "--no-install-recommends", *missing, env=quiet)


def version(name: str, arguments: Sequence[str] = ("--version",)) -> str:
    """The first line of what a program says of its version."""
    try:
        return call(_find(name) or name, *arguments).strip().partition("\n")[0]
    except (MeasurementError, OSError):
        return f"{name}: unknown"


def say(text: str) -> None:
    """Progress, for whoever waits."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _find(name: str) -> str | None:
    return shutil.which(name, path=PATH)
