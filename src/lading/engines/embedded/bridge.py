"""The way between a server's port, in a container without any network, and the gateway.

`lading_runtime/bridge.py`, run from this machine in the container's network namespace: the socket
of the container's folder leads to the port, and a port leads to the gateway's socket.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lading.engines import inside
from lading.engines.embedded import companion, namespace
from lading.engines.embedded.identity import Identity
from lading.engines.embedded.processes import Process
from lading.engines.engine import Workload
from lading.errors import EngineUnavailable

_PACKAGE = "lading_runtime"


@dataclass(frozen=True)
class Way:
    """From where to where: `socket`, on this machine, leads to the port of `workload`."""

    workload: Workload
    socket: Path

    def options(self) -> list[str]:
        """What the bridge is told."""
        found = ["--socket", str(self.socket), "--port", str(self.workload.port)]
        if self.workload.gateway:
            gateway = str(self.workload.gateway / "http.sock")
            port = str(inside.gateway_port(self.workload))
            found += ["--gateway", gateway, "--gateway-port", port]
        return found


def connect(process: Process, identity: Identity, way: Way, lifeline: int, log: Path) -> None:
    """Bridge a created container. It ends when `lifeline`, a pipe's end, is closed.

    Raises EngineError with what the bridge said, EngineUnavailable.
    """
    program = [sys.executable, "-I", "-S", str(_program())]

    def command(ready: int) -> list[str]:
        ends = ["--lifeline", str(lifeline), "--ready", str(ready)]
        entering = namespace.entering(identity, process, "-n")
        return [*entering, *program, *way.options(), *ends]

    companion.start("the container's port could not be connected", command, lifeline, log)


def _program() -> Path:
    """Found, never imported; it needs the standard library alone."""
    spec = find_spec(_PACKAGE)
    for folder in spec.submodule_search_locations if spec else ():
        if (path := Path(folder) / "bridge.py").exists():
            return path
    raise EngineUnavailable(f"{_PACKAGE} is not installed", todo="install lading again")
