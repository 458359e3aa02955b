"""A replica's process."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

PROGRAM = Path(__file__).with_name("replica.py")


@dataclass
class Replica:
    """A process that answers for `service` on a UNIX socket."""

    service: str
    socket: Path
    unready_seconds: float = 0.0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"unix:{self.socket}"

    def start(self) -> Replica:
        command = [sys.executable, PROGRAM, self.service, self.socket, str(self.unready_seconds)]
        self.processes.append(subprocess.Popen(command))
        return self

    def listening(self) -> Replica:
        """Wait until it accepts connections."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(str(self.socket)) == 0:
                    return self
            time.sleep(0.01)
        raise TimeoutError(f"{self.socket} is not listened on")

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the latest process and wait for its end."""
        self.processes[-1].send_signal(number)
        self.processes[-1].wait(30)
