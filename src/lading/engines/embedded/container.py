"""What lies on disk of a container, and what can be told from it without asking any program."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lading.engines.embedded import cgroups
from lading.engines.embedded.processes import Process
from lading.engines.engine import Observed, Phase, Workload
from lading.oci import Digest


@dataclass(frozen=True)
class Container:
    """The folders of one container. `folder` survives a reboot, `runtime` does not."""

    name: str
    folder: Path
    run: Path
    """The engine's runtime folder."""

    @property
    def key(self) -> str:
        """Short, and like no other container's on this machine, of whatever engine or user."""
        return hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle"

    @property
    def root(self) -> Path:
        """Where the merged layers are mounted, in the container's mount namespace only."""
        return self.folder / "root"

    @property
    def upper(self) -> Path:
        """What the container has written, and its own /etc files."""
        return self.folder / "upper"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def exit_file(self) -> Path:
        """conmon writes the exit status here."""
        return self.folder / "exit" / self.key

    @property
    def starved_file(self) -> Path:
        """conmon makes it, in the folder it was started in, when the kernel kills for memory."""
        return self.folder / "oom"

    @property
    def record(self) -> Path:
        """Appears last of all when a container was started."""
        return self.folder / "started.json"

    @property
    def runtime(self) -> Path:
        """The parent of the socket folder; nobody else may enter it."""
        return self.run / "c" / self.key

    @property
    def sockets(self) -> Path:
        return self.runtime / "s"

    @property
    def address(self) -> str:
        return f"unix:{self.sockets}/http.sock"


@dataclass(frozen=True)
class Started:
    """What is remembered of a container that was started."""

    process: Process
    monitor: Process
    groups: Mapping[str, str]
    """Control group folder by controller."""
    unenforced: tuple[str, ...]
    image: str
    labels: Mapping[str, str]
    grace_seconds: float
    started_at: str
    layers: tuple[str, ...]
    port: int | None = None
    bridge: Process | None = None
    """By which its port is reached: a container without it has ended for everybody."""

    @property
    def group_folders(self) -> dict[str, Path]:
        return {controller: Path(folder) for controller, folder in self.groups.items()}


def started(
    workload: Workload,
    processes: tuple[Process, Process],
    limits: cgroups.Cgroups,
    groups: Mapping[str, Path],
    layers: list[Path],
) -> Started:
    """The record of a container that starts now; `processes` are its own and its monitor."""
    return Started(
        *processes,
        groups={controller: str(folder) for controller, folder in groups.items()},
        unenforced=limits.unenforced,
        image=str(workload.image),
        labels=dict(workload.labels),
        grace_seconds=workload.grace_seconds,
        started_at=datetime.now(UTC).isoformat(),
        layers=tuple(layer.name for layer in layers),
        port=workload.port,
    )


def save(container: Container, record: Started) -> None:
    """Keep a record, whole or not at all."""
    temporary = container.record.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(record)))
    temporary.rename(container.record)


def load(container: Container) -> Started | None:
    """The record; None when the container was never quite started."""
    try:
        found: dict[str, Any] = json.loads(container.record.read_text())
    except (OSError, ValueError):
        return None
    found["process"] = Process(**found["process"])
    found["monitor"] = Process(**found["monitor"])
    bridge = found.get("bridge")  # earlier versions wrote none
    found["bridge"] = Process(**bridge) if bridge else None
    found["unenforced"] = tuple(found["unenforced"])
    found["layers"] = tuple(found["layers"])
    return Started(**found)


def observe(container: Container, record: Started) -> Observed:
    """The container as it is now, from its files and /proc."""
    groups = record.group_folders
    running = record.process.alive
    exit_code = _exit_code(container)
    if not running and exit_code is None and record.monitor.alive:
        # The monitor is about to write how it ended.
        exit_code = _exit_code(container)
        running = exit_code is None
    reachable = record.bridge is None or record.bridge.alive
    running = running and exit_code is None and reachable
    return Observed(
        name=container.name,
        image=Digest.parse(record.image),
        phase=Phase.RUNNING if running else Phase.EXITED,
        started_at=datetime.fromisoformat(record.started_at),
        labels=record.labels,
        address=container.address,
        pid=record.process.pid if running else None,
        exit_code=exit_code,
        out_of_memory=cgroups.was_out_of_memory(groups) or container.starved_file.exists(),
        memory_bytes=cgroups.memory_bytes(groups) if running else None,
        unenforced=record.unenforced,
    )


def _exit_code(container: Container) -> int | None:
    with suppress(OSError, ValueError):
        return int(container.exit_file.read_text())
    return None


def make_upper(upper: Path, writable: tuple[str, ...], files: Mapping[str, str]) -> list[Path]:
    """Make the mount points and files that every container needs, above whatever its image has.

    Returns the writable folders, which their user must come to own.
    """
    for point in ("proc", "sys", "dev", "tmp", "run/lading", "run/gateway", "etc"):
        (upper / point).mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (upper / path).write_text(content)
        (upper / path).chmod(0o644)
    folders = [upper / folder.strip("/") for folder in writable]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    # Folders here cover the image's own of the same path; the umask must not close them.
    for made, _, _ in os.walk(upper):
        Path(made).chmod(0o755)
    # runc gives a tmpfs the mode of the folder it covers.
    (upper / "tmp").chmod(0o1777)
    return folders
