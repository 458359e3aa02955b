"""The engine protocol and the values that cross it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Protocol

from lading.errors import EngineError
from lading.oci import Digest, Reference

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}\Z")


BRIDGE = Reference("lading.bridge")
"""An image with a Python, by which a server on a port is reached whose image has none."""


def is_name(text: str) -> bool:
    """Whether a workload may be called so. Such a name is also safe as a file name."""
    return bool(_NAME.match(text)) and ".." not in text


@dataclass(frozen=True)
class Limits:
    """What a container may use. Past `memory_bytes`, its largest process is killed."""

    cpu: float = 1.0
    """Cores; 0.5 is half of one."""
    memory_bytes: int = 512 * 1024**2
    processes: int = 512
    """Processes and threads together."""
    gpu: int = 0
    """Graphics processors, each for this container alone."""


@dataclass(frozen=True)
class Workload:
    """A container as it is wanted. Immutable: a changed workload has another name."""

    name: str
    """Unique in the engine: lower-case letters, digits, '.', '-' and '_'."""
    image: Digest
    command: tuple[str, ...] | None = None
    """Replaces the image's entrypoint and command; None keeps them."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to the image's own."""
    limits: Limits = Limits()
    egress: bool = False
    """Whether it may reach the network. Without, it has loopback alone."""
    port: int | None = None
    """Where its server listens, on its own loopback; None for the socket that `Engine` names.

    Docker and Podman need Python for it: that of the image, as every one has that Lading built, or
    that of the image `BRIDGE` in the store.
    """
    health: str | None = None
    """Of a server on a port: the path it answers with 200 when it can answer requests.

    The engine asks, and answers `/.lading/ready` at the address in its place.
    """
    gateway: Path | None = None
    """A folder on this machine with the socket `http.sock`, by which it may call other services."""
    secrets: Mapping[str, Path] = field(default_factory=dict)
    """By name, files on this machine that it may read at `/run/secrets/NAME`."""
    writable: tuple[str, ...] = ()
    """Absolute folders it may write to, kept until `remove`. All else but /tmp is read-only."""
    grace_seconds: float = 30.0
    """From SIGTERM to SIGKILL when it is removed."""
    labels: Mapping[str, str] = field(default_factory=dict)
    foreign: bool = False
    """Whether the image is somebody else's: it may write to its root, which is gone with it."""
    arguments: tuple[str, ...] = ()
    """Replace the image's `Cmd` alone; empty keeps it."""
    user: str = ""
    """User and group in numbers, in the place of the image's; empty keeps it. Never root's."""

    def __post_init__(self) -> None:
        if not is_name(self.name):
            expected = "lower-case letters, digits, '.', '-' and '_', 128 at most, no '..'"
            raise EngineError("not a workload's name", expected=expected, came=repr(self.name))
        for folder in self.writable:
            if not folder.startswith("/") or ".." in folder.split("/") or folder.strip("/") == "":
                expected = "an absolute folder below /"
                raise EngineError("cannot be writable", self.name, expected, repr(folder))


class Phase(Enum):
    RUNNING = "running"
    EXITED = "exited"


@dataclass(frozen=True)
class Observed:
    """A container as it is."""

    name: str
    image: Digest
    phase: Phase
    started_at: datetime
    """UTC."""
    labels: Mapping[str, str]
    address: str
    """Where its server listens, once it does: `unix:/path` or `host:port`."""
    pid: int | None = None
    """On this machine; None where it is elsewhere or has exited."""
    exit_code: int | None = None
    """128 + n when signal n ended it; None while it runs, or when nobody saw it end."""
    out_of_memory: bool = False
    """Whether the kernel killed a process of it for passing the memory limit.

    Podman may not notice it in a container that ends within moments of that.
    """
    memory_bytes: int | None = None
    """In use now; None when it cannot be told."""
    unenforced: tuple[str, ...] = ()
    """Which of "memory", "cpu" and "processes" this machine lets nobody limit for this user."""


@dataclass(frozen=True)
class LogLine:
    """A line a container wrote. `stream` is "stdout" or "stderr"."""

    time: datetime
    stream: str
    text: str


class Engine(Protocol):
    """Runs containers. Every verb may be repeated; containers outlive the caller.

    A server in a container listens on the UNIX socket `/run/lading/http.sock`, or on its workload's
    `port`; `Observed.address` leads to either. A container with a `gateway` finds it by the
    variable LADING_GATEWAY: `unix:/run/gateway/http.sock`, or where it has a `port`
    `http://127.0.0.1:` and another one.
    """

    def apply(self, workload: Workload) -> Observed:
        """Make it run. Does nothing when a container of that name runs or has exited already.

        Raises EngineUnavailable, EngineError, ImageNotFound.
        """
        ...

    def observe(self, name: str) -> Observed | None:
        """What is there now; None when there is nothing. Cheap: called many times a second."""
        ...

    def names(self) -> list[str]:
        """Names of everything there, running or exited, sorted."""
        ...

    def remove(self, name: str) -> None:
        """SIGTERM, up to `grace_seconds`, SIGKILL; then forget it with its logs and files.

        Does nothing when there is nothing.
        """
        ...

    def logs(self, name: str, follow: bool = False) -> Iterator[LogLine]:
        """What it wrote, oldest first; with `follow` until it exits. Raises WorkloadNotFound."""
        ...

    def copy(self, name: str, path: str, destination: Path) -> None:
        """Copy a file or folder out of a workload, running or exited.

        `destination` is replaced only when the copy is whole. Raises PathNotFound, EngineError when
        it holds a link out of itself, WorkloadNotFound.
        """
        ...

    def prune(self, kept: Collection[Digest], dry_run: bool = False) -> int:
        """Forget what was made of images other than `kept`, and of those of what is there.

        Images are digests of their manifests. Bytes on the disk that this gains, as far as can be
        told; what is forgotten is made again when it is needed. With `dry_run` nothing is done.
        """
        ...
