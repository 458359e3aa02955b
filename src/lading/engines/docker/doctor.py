"""Which daemon would be used here, and where it was looked for."""

from __future__ import annotations

from lading.engines.docker import daemon
from lading.engines.embedded.doctor import Finding
from lading.errors import EngineUnavailable

_NAME = "docker"


def check() -> Finding:
    """Look for a daemon, as the user this process runs as."""
    try:
        found = daemon.find()
    except EngineUnavailable as problem:
        said = ": ".join(filter(None, (problem.where, problem.problem, problem.came)))
        return Finding(_NAME, False, said, problem.todo, required=False)
    kind = f"{found.name} at {found.host}"
    if found.unenforced:
        limits = f"{kind}; limits not held: {', '.join(found.unenforced)}"
        return Finding(_NAME, True, limits, required=False)
    return Finding(_NAME, True, kind, required=False)
