"""How a container is put together, started, and taken apart again."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from lading.engines import inside
from lading.engines.embedded import bridge, bundle, cgroups, container, monitor, network, programs
from lading.engines.embedded.cgroups import Cgroups
from lading.engines.embedded.container import Container, Started
from lading.engines.embedded.identity import Identity
from lading.engines.embedded.namespace import Command, enter, merge
from lading.engines.embedded.processes import Process, ended, mentioning
from lading.engines.engine import Workload
from lading.errors import EngineError
from lading.oci import Image

_END_SECONDS = 5.0
_POLL_MILLISECONDS = 500
_QUIET_LOOKS = 3
_LOOK_SECONDS = 0.005


@dataclass(frozen=True)
class Wanted:
    """A workload, and all it needs from this machine."""

    workload: Workload
    image: Image
    layers: Sequence[Path]
    container: Container
    identity: Identity
    limits: Cgroups
    cdi_folders: Sequence[Path] = ()
    """Where GPUs are described."""


def start(wanted: Wanted) -> Started:
    """Start a container of which nothing is there yet. Raises EngineError, EngineUnavailable."""
    made = wanted.container
    groups = wanted.limits.groups(made.key)
    _prepare(wanted)
    join = () if wanted.limits.by_runtime else tuple(cgroups.make(groups))
    lifeline, kept = os.pipe()
    try:
        stacked = merge(made.folder, wanted.layers, wanted.identity, written=True)
        launch = monitor.Launch(made, wanted.identity, stacked, join, (kept,), wanted.limits.prefix)
        processes = monitor.create(launch)
        if not wanted.limits.by_runtime:
            cgroups.limit(wanted.limits.version, groups, wanted.workload.limits)
        way = _connect(wanted, processes[0], lifeline)
    finally:
        os.close(lifeline)
        os.close(kept)
    _run(made, processes[0])
    record = container.started(
        wanted.workload, processes, wanted.limits, groups, list(wanted.layers)
    )
    record = replace(record, bridge=way)
    container.save(made, record)
    return record


def stop(made: Container, record: Started, identity: Identity) -> None:
    """SIGTERM, grace, SIGKILL; returns when the container and its monitor have ended.

    A server on a port has the first part of its grace undisturbed, until it has answered: many do
    not know SIGTERM as a request to finish what they have.
    """
    if record.process.alive:
        until = time.monotonic() + record.grace_seconds
        if record.port is not None:
            bridge.drained(record.process, record.port, record.grace_seconds)
        # What SIGTERM would end anywhere else is ended: it could only use up its grace.
        spared = record.process.is_spared_by(signal.SIGTERM)
        record.process.signal(signal.SIGTERM)
        left = 0.0 if spared else until - time.monotonic()
        port = record.port is not None
        if not (ended(record.process, signal.SIGTERM, left) if port else record.process.wait(left)):
            record.process.signal(signal.SIGKILL)
            record.process.wait(_END_SECONDS)
    if not record.monitor.wait(_END_SECONDS):
        record.monitor.signal(signal.SIGKILL)
    clear(made, identity, record.group_folders)


def kill(made: Container, identity: Identity, groups: Cgroups) -> None:
    """End and clear what a caller left that was killed while it started a container."""
    if not made.folder.exists():
        return
    stopped: set[Process] = set()
    quiet = 0
    # Stopped first: what runs on would start more while the others are being killed. Looked for
    # again when all seems quiet: at the instant a process becomes another it has no arguments.
    while quiet < _QUIET_LOOKS:
        fresh = _left_behind(made, groups.groups(made.key)) - stopped
        for process in fresh:
            process.signal(signal.SIGSTOP)
        stopped |= fresh
        quiet = 0 if fresh else quiet + 1
        time.sleep(_LOOK_SECONDS)
    for process in stopped:
        process.signal(signal.SIGKILL)
    for process in stopped:
        process.wait(_END_SECONDS)
    clear(made, identity, groups.groups(made.key))


def clear(made: Container, identity: Identity, groups: dict[str, Path]) -> None:
    """Remove a dead container's folders and control groups."""
    cgroups.remove(identity.root, made.key, groups)
    (made.run / "a" / made.key).unlink(missing_ok=True)
    for folder in (made.runtime, made.run / "runc" / made.key):
        _delete(folder, identity)
    # The folder goes last, and at once: as long as it is there, somebody knows what else to clear.
    gone = made.folder.with_name(f".{made.name}.gone")
    _delete(gone, identity)
    if made.folder.exists():
        made.folder.rename(gone)
        _delete(gone, identity)


def _prepare(wanted: Wanted) -> None:
    made, workload = wanted.container, wanted.workload
    if not inside.command(workload, wanted.image.settings.get("config") or {}):
        raise EngineError("neither the workload nor its image says what to run", workload.name)
    for folder in (made.bundle, made.root, made.exit_file.parent, made.folder / "work"):
        folder.mkdir(parents=True, exist_ok=True)
    made.upper.mkdir(mode=0o755)
    owned = container.make_upper(
        made.upper,
        workload.writable,
        {
            "etc/hosts": network.hosts(workload.name[:63].rstrip(".-_")),
            "etc/resolv.conf": network.resolv_conf(workload.egress),
        },
    )
    made.sockets.mkdir(parents=True, exist_ok=True)
    made.runtime.chmod(0o700)
    _own((made.sockets, *owned), wanted)
    place = bundle.Place(made.key, made.root, made.sockets)
    document = bundle.configuration(workload, wanted.image, place, wanted.identity, wanted.limits)
    if workload.limits.gpu:
        # Imported where there are any: 15 ms.
        from lading.engines.embedded import edits, gpus

        devices = gpus.claim(made, workload.limits.gpu, wanted.cdi_folders)
        document = edits.applied(document, devices, wanted.identity)
    bundle.write(document, made.bundle)


def _own(folders: Sequence[Path], wanted: Wanted) -> None:
    """Give folders to the user that the container runs as."""
    settings = wanted.image.settings.get("config") or {}
    user, group = wanted.identity.user_of(wanted.workload.user or settings.get("User") or "")
    for folder in folders:
        if wanted.identity.root:
            os.chown(folder, user, group)
        elif wanted.identity.sub_ids:
            # An id that is lent cannot be given files to; above it is a folder nobody may enter.
            folder.chmod(0o777)


def _connect(wanted: Wanted, process: Process, lifeline: int) -> Process | None:
    """Give a created container its ways in and out, which end when it does; the bridge, if any."""
    made, workload = wanted.container, wanted.workload
    if workload.egress:
        network.connect(process, lifeline, made.folder / "network.log")
    if workload.port is None:
        return None
    way = bridge.Way(workload, made.sockets / "http.sock")
    return bridge.connect(process, wanted.identity, way, lifeline, made.folder / "bridge.log")


def _run(made: Container, process: Process) -> None:
    """Let a created container run: it waits until somebody reads from this pipe.

    This is what `runc start` does; starting one more program for it would take longer than all of
    the rest here.
    """
    pipe = made.run / "runc" / made.key / "exec.fifo"
    with suppress(OSError):
        waiting = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            poll = select.poll()
            poll.register(waiting, select.POLLIN)
            while not poll.poll(_POLL_MILLISECONDS):
                if not process.alive:
                    raise EngineError("the container ended before it was started", made.name)
            pipe.unlink()
            _await_own_program(process)
            return
        finally:
            os.close(waiting)
    raise EngineError("the container does not wait to be started", made.name, came=f"no {pipe}")


def _await_own_program(process: Process) -> None:
    """Until it is the container's program: the runtime's own would swallow signals meant for that.

    A name in /proc/[pid]/comm that begins so is runc's first process in the container.
    """
    for _ in range(1000):
        try:
            if not Path(f"/proc/{process.pid}/comm").read_text().startswith("runc:["):
                return
        except OSError:
            return
        time.sleep(0.0005)


def _left_behind(made: Container, groups: dict[str, Path]) -> set[Process]:
    found = set(mentioning(str(made.bundle)))
    for folder in groups.values():
        with suppress(OSError):
            pids = (folder / "cgroup.procs").read_text().split()
            found |= {process for pid in pids if (process := Process.of(int(pid)))}
    return found


def _delete(folder: Path, identity: Identity) -> None:
    """Also what the container wrote, whose owner and mode may be anything."""
    if identity.root:
        shutil.rmtree(folder, ignore_errors=True)
    elif folder.exists():
        command = Command([programs.need("rm"), "-rf", "--", str(folder)], subprocess.DEVNULL)
        enter(identity, command).wait()
