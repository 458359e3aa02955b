"""The programs of this machine that the engine calls."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from lading.errors import EngineUnavailable

PACKAGES: Mapping[str, str] = {
    "runc": "runc",
    "conmon": "conmon",
    "slirp4netns": "slirp4netns",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setsid": "util-linux",
    "mount": "mount",
    "newuidmap": "uidmap",
}
"""Debian's package of each program."""

# An ordinary user's PATH often lacks the folders that Debian puts runc and its like in.
_SURPLUS = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin")


def path() -> str:
    """Where programs are looked for."""
    own = os.environ.get("PATH", "")
    return ":".join(filter(None, (own, *_SURPLUS)))


def find(name: str) -> str | None:
    """The program's absolute path, if it is there."""
    return shutil.which(name, path=path())


def need(name: str) -> str:
    """The program's absolute path. Raises EngineUnavailable that says how to install it."""
    if found := find(name):
        return found
    raise EngineUnavailable(f"{name} is not installed", todo=installing(name))


def installing(*names: str) -> str:
    """What to tell a user who lacks these programs."""
    packages = " ".join(dict.fromkeys(PACKAGES.get(name, name) for name in names))
    return f"run: sudo apt-get install -y {packages}"


def say(arguments: Sequence[str], seconds: float = 30.0) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, whatever its exit status. 127 when it is not there."""
    if find(arguments[0]) is None:
        return subprocess.CompletedProcess(arguments, 127, "", f"{arguments[0]} is not installed")
    return subprocess.run(
        arguments,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds,
        check=False,
        env={**os.environ, "PATH": path(), "LC_ALL": "C"},
    )
