"""How a workload's containers come up, and how they are taken down again."""

from __future__ import annotations

import io
import shutil
import signal
import tarfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from lading.engines.docker import configuration, devices, logs
from lading.engines.docker.api import Api, Seen
from lading.engines.docker.configuration import Wanted
from lading.engines.docker.container import PART, Container, Part, Record
from lading.engines.embedded.bridge import drained
from lading.engines.embedded.processes import Process, ended
from lading.errors import EngineError

_END_SECONDS = 5.0
_BRIDGE_SECONDS = 20.0
_LOOK_SECONDS = 0.02
_BRIDGE_MODULE = "bridge.py"


def start(api: Api, wanted: Wanted) -> None:
    """Start a workload of which nothing is there yet. Raises EngineError."""
    made = wanted.container
    _prepare(wanted)
    folders = _make_folders(api, wanted) if wanted.workload.writable else None
    bridge = _start_bridge(api, wanted) if wanted.workload.port else None
    main = api.create(made.called(Part.MAIN), configuration.main(wanted, folders, bridge))
    if folders:
        api.remove(folders)
    _require_image(api, wanted, main)
    try:
        api.start(main)
    except EngineError as problem:
        count = wanted.workload.limits.gpu
        where = wanted.workload.name
        raise devices.explained(problem, count, wanted.daemon, where) from problem


def stop(api: Api, made: Container, seen: Seen, record: Record) -> None:
    """SIGTERM, grace, SIGKILL; returns when the workload's own container has ended.

    A server on a port first answers what it has, as on the embedded engine.
    """
    until = time.monotonic() + record.grace_seconds
    process = Process.of(seen.pid) if seen.running and seen.pid else None
    if process:
        if record.port is not None:
            drained(process, record.port, record.grace_seconds)
        # What SIGTERM would end anywhere else is ended: it could only use up its grace.
        if not process.is_spared_by(signal.SIGTERM):
            api.signal(seen.id, "SIGTERM")
            left = until - time.monotonic()
            if record.port is not None:
                ended(process, signal.SIGTERM, left)
            else:
                process.wait(left)
        if process.alive:
            api.signal(seen.id, "SIGKILL")
            process.wait(_END_SECONDS)
    clear(api, made)


def clear(api: Api, made: Container) -> None:
    """Remove a workload's containers and folders, also what a killed caller left half made."""
    # Podman removes nothing that another depends on: who is in the bridge's network goes first.
    found = sorted(api.listed(made.labels), key=lambda one: one.labels.get(PART) != Part.MAIN.value)
    for one in found:
        api.remove(one.id)
    shutil.rmtree(made.runtime, ignore_errors=True)


def _prepare(wanted: Wanted) -> None:
    made = wanted.container
    made.sockets.mkdir(parents=True, exist_ok=True)
    made.runtime.chmod(0o700)
    # The user inside may be any id outside; above this is a folder that nobody else may enter.
    made.sockets.chmod(0o777)
    if wanted.workload.port:
        made.bridge_program.write_bytes(_bridge().read_bytes())
        made.bridge_program.chmod(0o644)


def _bridge() -> Path:
    """The runtime's bridge, found and never imported."""
    spec = find_spec("lading_runtime")
    (folder,) = (spec and spec.submodule_search_locations) or [""]
    return Path(folder) / _BRIDGE_MODULE


def _make_folders(api: Api, wanted: Wanted) -> str:
    """The container whose volumes are the writable folders, given to the user who writes them."""
    folders = api.create(wanted.container.called(Part.FOLDERS), configuration.folders(wanted))
    user, group = wanted.user
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder in sorted(wanted.workload.writable):
            member = tarfile.TarInfo(folder.strip("/"))
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            member.uid, member.gid = user, group
            tar.addfile(member)
    api.put(folders, "/", buffer.getvalue())
    if wanted.daemon.podman:
        # It fills a volume, and gives it the owner of the folder it covers, for who starts first:
        # for this one, whose folders have their owner by now, and which has nothing to run.
        with suppress(EngineError):
            api.start(folders)
    return folders


def _require_image(api: Api, wanted: Wanted, main: str) -> None:
    """That what is about to run is what was asked for, whatever names lead to by now."""
    seen = api.inspect(main)
    if seen is None or seen.image != wanted.image_id:
        raise EngineError(
            "the daemon made a container of another image",
            wanted.workload.name,
            expected=wanted.image_id,
            came=seen.image if seen else "none",
        )


def _start_bridge(api: Api, wanted: Wanted) -> str:
    """The bridge's container, once it listens. Raises EngineError with what it said instead."""
    bridge = api.create(wanted.container.called(Part.BRIDGE), configuration.bridge(wanted))
    api.start(bridge)
    until = time.monotonic() + _BRIDGE_SECONDS
    # The socket that leads to the port is made last of all.
    while not (wanted.container.sockets / "http.sock").exists():
        seen = api.inspect(bridge)
        if seen is None or not seen.running or time.monotonic() > until:
            said = [line.text for line in logs.lines(api.logs(bridge, follow=False))]
            raise EngineError(
                "its port could not be connected", wanted.workload.name, came=" ".join(said[-1:])
            )
        time.sleep(_LOOK_SECONDS)
    return bridge
