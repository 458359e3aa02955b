"""The way between a server's port, in a container without any network, and the gateway.

`lading_runtime/bridge.py`, run from this machine in the container's network namespace: the socket
of the container's folder leads to the port, and a port leads to the gateway's socket.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lading.engines import inside
from lading.engines.embedded import companion, namespace
from lading.engines.embedded.identity import Identity
from lading.engines.embedded.processes import Process
from lading.engines.engine import Workload
from lading.errors import EngineError, EngineUnavailable

_PACKAGE = "lading_runtime"
_ESTABLISHED = "01"
_LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Way:
    """From where to where: `socket`, on this machine, leads to the port of `workload`."""

    workload: Workload
    socket: Path

    def options(self) -> list[str]:
        """What the bridge is told."""
        found = ["--socket", str(self.socket), "--port", str(self.workload.port)]
        if self.workload.health:
            found += ["--health", self.workload.health]
        if self.workload.gateway:
            gateway = str(self.workload.gateway / "http.sock")
            port = str(inside.gateway_port(self.workload))
            found += ["--gateway", gateway, "--gateway-port", port]
        return found


def connect(process: Process, identity: Identity, way: Way, lifeline: int, log: Path) -> Process:
    """Bridge a created container. It ends when `lifeline`, a pipe's end, is closed.

    Raises EngineError with what the bridge said, EngineUnavailable.
    """
    failing = "the container's port could not be connected"
    program = [sys.executable, "-I", "-S", str(_program())]

    def command(ready: int) -> list[str]:
        ends = ["--lifeline", str(lifeline), "--ready", str(ready)]
        entering = namespace.entering(identity, process, "-n")
        return [*entering, *program, *way.options(), *ends]

    found = Process.of(int(companion.start(failing, command, lifeline, log)))
    if found is None:
        raise EngineError(failing, came="it ended at once")
    return found


def drained(process: Process, port: int, seconds: float) -> bool:
    """Whether, within `seconds`, no connection to a container's port is open any more.

    What the gateway no longer sends to, it disconnects from once it has its answers.
    """
    deadline = time.monotonic() + seconds
    while any(_is_open(line, port) for line in _connections(process)):
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def _connections(process: Process) -> Iterator[str]:
    """Of its network namespace, as proc_net(5) has them."""
    for family in ("tcp", "tcp6"):
        with suppress(OSError):  # it has ended
            yield from Path(f"/proc/{process.pid}/net/{family}").read_text().splitlines()[1:]


def _is_open(connection: str, port: int) -> bool:
    _, local, _, state, *_ = connection.split()
    return state == _ESTABLISHED and int(local.rpartition(":")[2], 16) == port


def _program() -> Path:
    """Found, never imported; it needs the standard library alone."""
    spec = find_spec(_PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        if (path := Path(folder) / "bridge.py").exists():
            return path
    raise EngineUnavailable(f"{_PACKAGE} is not installed", todo="install lading again")
