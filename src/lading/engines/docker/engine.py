"""The Docker engine's verbs."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from lading.engines.docker import copying, devices, loading, logs, pruning, starting
from lading.engines.docker.api import Api, Seen
from lading.engines.docker.configuration import Wanted, python_of
from lading.engines.docker.container import (
    HOME,
    PART,
    RECORD,
    WORKLOAD,
    Container,
    Part,
    Record,
    home_of,
)
from lading.engines.docker.daemon import Daemon, describe
from lading.engines.docker.groups import memory_group
from lading.engines.docker.pruning import Given
from lading.engines.embedded import cgroups, logfile, seccomp
from lading.engines.embedded.layers import locked
from lading.engines.embedded.processes import Process
from lading.engines.engine import BRIDGE, LogLine, Observed, Phase, Workload, is_name
from lading.engines.sockets import require_room
from lading.errors import EngineError, StoreError, WorkloadNotFound
from lading.oci import Digest, Image
from lading.stores.store import Store

_LIST_SECONDS = 1.0
_NEVER = -1
_NOTHING: tuple[float, int, tuple[str, ...]] = (0.0, _NEVER - 1, ())


@dataclass(frozen=True)
class _Running:
    """A container that was seen to run: while its process lives, nobody need be asked again."""

    id: str
    processes: tuple[Process, ...]
    """Its own, and the bridge's where it has one."""
    observed: Observed
    group: dict[str, Path]
    """Its control group for memory."""

    @property
    def alive(self) -> bool:
        return all(process.alive for process in self.processes)

    def now(self) -> Observed:
        return replace(
            self.observed,
            memory_bytes=cgroups.memory_bytes(self.group),
            out_of_memory=cgroups.was_out_of_memory(self.group),
        )


class Docker:
    """Satisfies Engine with the daemon at `host`: Docker Engine, or Podman.

    `data` names the Lading home that containers belong to; `run` is short, and gone after a reboot.
    Any number of objects and processes may share them; verbs on one name wait for each other.
    """

    def __init__(self, store: Store, host: str, data: Path, run: Path) -> None:
        self.host = host
        self._store = store
        self._home = home_of(data)
        self._given = Given(data / "docker-images")
        self._run = run.absolute()
        self._running: dict[str, _Running] = {}
        self._listed = _NOTHING
        """When names were listed, what had changed last by then, and they."""
        self._past_memory: set[str] = set()
        """IDs of containers with a process that was seen to be killed: Podman forgets that."""

    def apply(self, workload: Workload) -> Observed:
        if found := self.observe(workload.name):
            return found
        image = self._store.read(workload.image)
        made = self._container(workload.name)
        self._make_folders(made)
        with self._lock(made.key):
            if found := self.observe(workload.name):
                return found
            starting.clear(self._api, made)
            with self._lock("images"):
                self._given.add(str(loading.name(image)))
                image_id = loading.ensure(self._api, self._daemon, image)
                bridge = self._bridge(workload, image)
            wanted = Wanted(workload, image, image_id, made, self._daemon, self._seccomp_file)
            wanted = replace(wanted, bridge_image=bridge)
            try:
                self._start(wanted)
            except BaseException:
                starting.clear(self._api, made)
                raise
            self._listed = _NOTHING
            observed = self.observe(workload.name)
        if observed is None:
            raise EngineError("gone as soon as it was started", workload.name)
        return observed

    def observe(self, name: str) -> Observed | None:
        if not is_name(name):
            return None
        known = self._running.get(name)
        if known and known.alive:
            return self._now(known)
        self._running.pop(name, None)
        made = self._container(name)
        seen = self._api.inspect(made.called(Part.MAIN))
        return self._observed(made, seen) if seen and _was_started(seen) else None

    def names(self) -> list[str]:
        """Also of what a caller that was killed left half made: `remove` clears it."""
        now = time.monotonic(), self._changed()
        when, changed, names = self._listed
        # Podman needs 10 ms for a list, and a controller asks for one ten times a second. What any
        # process of this home adds or removes has a folder there.
        if changed != now[1] or now[0] - when > _LIST_SECONDS:
            found = {one.labels.get(WORKLOAD, "") for one in self._api.listed({HOME: self._home})}
            names = tuple(sorted(name for name in found if is_name(name)))
            self._listed = (*now, names)
        return list(names)

    def remove(self, name: str) -> None:
        if not is_name(name):
            return
        made = self._container(name)
        if not self._api.listed(made.labels):
            return
        self._make_folders(made)
        with self._lock(made.key):
            seen = self._api.inspect(made.called(Part.MAIN))
            if seen and _was_started(seen):
                starting.stop(self._api, made, seen, Record.from_json(seen.labels[RECORD]))
            else:
                starting.clear(self._api, made)
            self._running.pop(name, None)
            self._listed = _NOTHING

    def logs(self, name: str, follow: bool = False) -> Iterator[LogLine]:
        seen = self._find(name)
        if self._daemon.podman and os.access(seen.log, os.R_OK):
            # As the embedded engine's: conmon writes both. Asked, Podman tells no parts of seconds.
            file = Path(seen.log)
            return logfile.follow(file, lambda: self._ended(seen)) if follow else logfile.read(file)
        return logs.lines(self._api.logs(seen.id, follow))

    def copy(self, name: str, path: str, destination: Path) -> None:
        found = self._find(name)
        if not path.startswith("/"):
            raise EngineError("cannot be copied", name, "an absolute path", repr(path))
        copying.copy_out(self._api, found.id, f"{name}:{path}", path, destination.absolute())

    def prune(self, kept: Collection[Digest], dry_run: bool = False) -> int:
        (self._run / "locks").mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock("images"):
            given, needed = self._given.names(), set(self._called(kept))
            surplus = pruning.surplus(self._api, given, needed)
            if not dry_run:
                for one in surplus:
                    self._api.forget(one.name)
        return sum(one.own_bytes for one in surplus)

    def _called(self, images: Iterable[Digest]) -> Iterator[str]:
        """What the daemon calls them."""
        for digest in images:
            # One that is damaged, or not here, has to be made again before it can be run.
            with suppress(StoreError):
                yield str(loading.name(self._store.read(digest)))

    def _bridge(self, workload: Workload, image: Image) -> Image | None:
        """What the bridge runs from, where the workload's own image will not do."""
        if workload.port is None or python_of(image):
            return None
        found = self._store.read(BRIDGE)
        self._given.add(str(loading.name(found)))
        loading.ensure(self._api, self._daemon, found)
        return found

    def _start(self, wanted: Wanted) -> None:
        count = wanted.workload.limits.gpu
        if not count:
            starting.start(self._api, wanted)
            return
        # Held until the container that has them is there to be seen.
        with self._lock("gpus"):
            names = devices.choose(count, wanted.daemon, self._taken(), wanted.workload.name)
            starting.start(self._api, replace(wanted, gpus=names))

    def _taken(self) -> set[str]:
        """GPUs that containers of this home have."""
        listed = self._api.listed({HOME: self._home, PART: Part.MAIN.value})
        having = [one.labels.get(devices.LABEL, "") for one in listed if one.status == "running"]
        return {name for names in having for name in names.split(",") if name}

    def _observed(self, made: Container, seen: Seen) -> Observed:
        record = Record.from_json(seen.labels[RECORD])
        bridge = self._api.inspect(made.called(Part.BRIDGE)) if record.port else None
        # One that nobody can reach any more is as good as ended: it must be started anew.
        running = seen.running and (bridge.running if bridge else not record.port)
        observed = Observed(
            name=made.name,
            image=record.image,
            phase=Phase.RUNNING if running else Phase.EXITED,
            started_at=seen.started_at,
            labels=record.labels,
            address=made.address,
            pid=seen.pid if running else None,
            exit_code=None if seen.running else seen.exit_code,
            out_of_memory=seen.out_of_memory or seen.id in self._past_memory,
            unenforced=record.unenforced,
        )
        pids = [one.pid for one in (seen, bridge) if one and running]
        processes = tuple(filter(None, map(Process.of, pids)))
        if not running or len(processes) < len(pids):
            return observed
        found = _Running(seen.id, processes, observed, memory_group(seen.pid))
        self._running[made.name] = found
        return self._now(found)

    def _now(self, running: _Running) -> Observed:
        observed = running.now()
        if observed.out_of_memory:
            self._past_memory.add(running.id)
        return observed

    def _ended(self, seen: Seen) -> bool:
        """Nothing more will be logged."""
        if seen.running and Process.of(seen.pid):
            return False
        found = self._api.inspect(seen.id)
        return found is None or not found.running

    def _find(self, name: str) -> Seen:
        made = self._container(name)
        seen = self._api.inspect(made.called(Part.MAIN)) if is_name(name) else None
        if seen is None or not _was_started(seen):
            raise WorkloadNotFound("no such workload", name)
        return seen

    def _changed(self) -> int:
        """When a workload of this home last came or went, as the file system's clock says."""
        try:
            return (self._run / "d").stat().st_mtime_ns
        except FileNotFoundError:
            return _NEVER

    @cached_property
    def _api(self) -> Api:
        return Api(self.host)

    @cached_property
    def _daemon(self) -> Daemon:
        return describe(self._api)

    @cached_property
    def _seccomp_file(self) -> Path:
        """What Podman reads; Docker is told it in the request."""
        file = self._run / "seccomp.json"
        file.write_text(json.dumps(seccomp.profile()))
        return file

    def _container(self, name: str) -> Container:
        return Container(name, self._home, self._run)

    def _lock(self, key: str) -> AbstractContextManager[None]:
        return locked(self._run / "locks" / key)

    def _make_folders(self, made: Container) -> None:
        require_room(Path(made.address.removeprefix("unix:")), self._run)
        self._run.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in ("locks", "d"):
            (self._run / name).mkdir(exist_ok=True, mode=0o700)


def _was_started(seen: Seen) -> bool:
    """One that was created and never ran is a leftover, not a workload."""
    return seen.started_at.year > 1
