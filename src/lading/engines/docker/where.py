"""Where a daemon is looked for, in the order that people know from Docker's own client.

Source: Docker documentation, "Docker contexts": a context's metadata lies below the SHA-256 of its
name.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lading.errors import EngineUnavailable

DOCKER_SOCKET = "unix:///var/run/docker.sock"
PODMAN_SOCKET = "unix:///run/podman/podman.sock"
_DEFAULT_CONTEXT = "default"


@dataclass(frozen=True)
class Address:
    """Where a daemon may answer, and who says so."""

    host: str
    """As in DOCKER_HOST: `unix:///path`, `tcp://host:port`, `ssh://user@host`."""
    said_by: str
    chosen: bool = False
    """Somebody named this one: no other will do in its place."""


def addresses(environ: Mapping[str, str] = os.environ) -> list[Address]:
    """Every place to look at, best first. Only one where somebody has chosen.

    Raises EngineUnavailable when the context in use is not there.
    """
    if host := environ.get("DOCKER_HOST"):
        return [Address(host, "DOCKER_HOST", chosen=True)]
    if context := _context(environ):
        return [context]
    found = [Address(DOCKER_SOCKET, "Docker")]
    runtime = environ.get("XDG_RUNTIME_DIR")
    if runtime:
        found.append(Address(f"unix://{runtime}/docker.sock", "rootless Docker"))
    found.append(Address(PODMAN_SOCKET, "Podman"))
    if runtime:
        found.append(Address(f"unix://{runtime}/podman/podman.sock", "rootless Podman"))
    return found


def _context(environ: Mapping[str, str]) -> Address | None:
    """What `docker context use` chose; None for Docker's own default."""
    folder = Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME", "/")) / ".docker")
    name, said_by = environ.get("DOCKER_CONTEXT"), "DOCKER_CONTEXT"
    if not name:
        said_by = f"{folder / 'config.json'}"
        name = _read(folder / "config.json").get("currentContext")
    if not name or name == _DEFAULT_CONTEXT:
        return None
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = _read(folder / "contexts" / "meta" / key / "meta.json")
    host = meta.get("Endpoints", {}).get("docker", {}).get("Host")
    if not host:
        raise EngineUnavailable(
            "no such Docker context",
            said_by,
            came=repr(name),
            todo="see `docker context ls`, or choose with `docker context use default`",
        )
    return Address(str(host), f"the Docker context {name!r}", chosen=True)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        problem = "Docker's configuration cannot be read"
        raise EngineUnavailable(problem, str(file), came=str(error)) from error
    return found if isinstance(found, dict) else {}
