"""The way out for a container that asked for one: slirp4netns, a network stack in user space.

It needs no rights on this machine, gives no way in, and refuses the machine's own loopback.
Source: slirp4netns(1).
"""

from __future__ import annotations

import os
import select
import subprocess
from pathlib import Path

from lading.engines.embedded import programs
from lading.engines.embedded.processes import Process
from lading.errors import EngineError

RESOLVER = "10.0.2.3"
"""slirp4netns answers DNS here, by asking whom this machine asks."""
_READY_SECONDS = 15.0


def connect(process: Process, lifeline: int, log: Path) -> None:
    """Connect a created container's network. It ends when `lifeline`, a pipe's end, is closed.

    Raises EngineError with what slirp4netns said, EngineUnavailable.
    """
    ready, says_ready = os.pipe()
    try:
        with log.open("wb") as output:
            subprocess.run(
                _command(process, lifeline, says_ready),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(says_ready, lifeline),
                check=False,
            )
        os.close(says_ready)
        says_ready = -1
        poll = select.poll()
        poll.register(ready, select.POLLIN)
        if not poll.poll(_READY_SECONDS * 1000) or not os.read(ready, 1):
            said = log.read_text(errors="replace").strip()
            raise EngineError("slirp4netns could not connect the container", came=said)
    finally:
        os.close(ready)
        if says_ready >= 0:
            os.close(says_ready)


def _command(process: Process, lifeline: int, says_ready: int) -> list[str]:
    """Forked off at once: it belongs to the container, not to the caller."""
    return [
        programs.need("setsid"), "--fork",
        programs.need("slirp4netns"), "--configure", "--mtu=65520", "--disable-host-loopback",
        f"--ready-fd={says_ready}", f"--exit-fd={lifeline}", str(process.pid), "tap0",
    ]  # fmt: skip


def resolv_conf(egress: bool) -> str:
    """The content of /etc/resolv.conf: empty where there is nobody to ask."""
    return f"nameserver {RESOLVER}\n" if egress else ""


def hosts(hostname: str) -> str:
    """The content of /etc/hosts."""
    return f"127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.1.1 {hostname}\n"
