"""The way out for a container that asked for one: slirp4netns, a network stack in user space.

It needs no rights on this machine, gives no way in, and refuses the machine's own loopback.
Source: slirp4netns(1).
"""

from __future__ import annotations

from pathlib import Path

from lading.engines.embedded import companion, programs
from lading.engines.embedded.processes import Process

RESOLVER = "10.0.2.3"
"""slirp4netns answers DNS here, by asking whom this machine asks."""


def connect(process: Process, lifeline: int, log: Path) -> None:
    """Connect a created container's network. It ends when `lifeline`, a pipe's end, is closed.

    Raises EngineError with what slirp4netns said, EngineUnavailable.
    """

    def command(ready: int) -> list[str]:
        return [
            programs.need("slirp4netns"), "--configure", "--mtu=65520", "--disable-host-loopback",
            f"--ready-fd={ready}", f"--exit-fd={lifeline}", str(process.pid), "tap0",
        ]  # fmt: skip

    companion.start("slirp4netns could not connect the container", command, lifeline, log)


def resolv_conf(egress: bool) -> str:
    """The content of /etc/resolv.conf: empty where there is nobody to ask."""
    return f"nameserver {RESOLVER}\n" if egress else ""


def hosts(hostname: str) -> str:
    """The content of /etc/hosts."""
    return f"127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.1.1 {hostname}\n"
