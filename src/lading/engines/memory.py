"""An engine that runs nothing: containers are entries in a dictionary. For tests of its callers."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from lading.engines.engine import LogLine, Observed, Phase, Workload
from lading.errors import PathNotFound, WorkloadNotFound
from lading.oci import Digest
from lading.stores.store import Store


@dataclass(frozen=True)
class Behaviour:
    """What a workload does when it is applied. By default it runs, silently, until removed."""

    exit_code: int | None = None
    """Exits with it at once; None runs on."""
    out_of_memory: bool = False
    lines: tuple[tuple[str, str], ...] = ()
    """(stream, text) of what it writes before that."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Absolute path and content of what it leaves."""
    address: str = ""
    """Where it listens; by default a socket that does not exist."""


@dataclass
class _Container:
    observed: Observed
    lines: list[LogLine]
    files: Mapping[str, bytes]


class Memory:
    """Satisfies Engine. `behave` says what each workload does; every verb is thread-safe.

    `exit` and `write` stand in for the process inside. `applied` and `removed` are the names each
    verb changed something for, in order. With a `store`, images that are not in it are refused.
    """

    def __init__(
        self,
        store: Store | None = None,
        behave: Callable[[Workload], Behaviour] = lambda _: Behaviour(),
    ) -> None:
        self.applied: list[str] = []
        self.removed: list[str] = []
        self.made: set[Digest] = set()
        """Images of which it would have unpacked layers; `prune` gains a byte for each."""
        self._store = store
        self._behave = behave
        self._containers: dict[str, _Container] = {}
        self._changed = threading.Condition()
        self._next_pid = 1000

    def apply(self, workload: Workload) -> Observed:
        with self._changed:
            if found := self._containers.get(workload.name):
                return found.observed
            if self._store is not None:
                self._store.read(workload.image)
            behaviour = self._behave(workload)
            self._next_pid += 1
            observed = Observed(
                workload.name,
                workload.image,
                Phase.RUNNING,
                datetime.now(UTC),
                dict(workload.labels),
                behaviour.address or f"unix:/nonexistent/{workload.name}/http.sock",
                pid=self._next_pid,
                memory_bytes=1024**2,
            )
            container = _Container(observed, [], behaviour.files)
            self._containers[workload.name] = container
            self.made.add(workload.image)
            self.applied.append(workload.name)
            for stream, text in behaviour.lines:
                self.write(workload.name, text, stream)
            if behaviour.exit_code is not None:
                self.exit(workload.name, behaviour.exit_code, behaviour.out_of_memory)
            return container.observed

    def observe(self, name: str) -> Observed | None:
        with self._changed:
            found = self._containers.get(name)
            return found.observed if found else None

    def names(self) -> list[str]:
        with self._changed:
            return sorted(self._containers)

    def remove(self, name: str) -> None:
        with self._changed:
            if self._containers.pop(name, None):
                self.removed.append(name)
            self._changed.notify_all()

    def logs(self, name: str, follow: bool = False) -> Iterator[LogLine]:
        return self._lines(name, self._find(name), follow)

    def copy(self, name: str, path: str, destination: Path) -> None:
        files = self._find(name).files
        inside = {x: y for x, y in files.items() if PurePosixPath(x).is_relative_to(path)}
        if not inside:
            raise PathNotFound("no such path", where=f"{name}:{path}")
        if destination.is_dir():
            shutil.rmtree(destination)
        for file, content in inside.items():
            target = destination / PurePosixPath(file).relative_to(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def prune(self, kept: Collection[Digest], dry_run: bool = False) -> int:
        with self._changed:
            needed = {*kept, *(one.observed.image for one in self._containers.values())}
            surplus = self.made - needed
            if not dry_run:
                self.made -= surplus
        return len(surplus)

    def exit(self, name: str, exit_code: int, out_of_memory: bool = False) -> None:
        """The process of a container ends. Raises WorkloadNotFound."""
        with self._changed:
            container = self._find(name)
            container.observed = replace(
                container.observed,
                phase=Phase.EXITED,
                pid=None,
                exit_code=exit_code,
                out_of_memory=out_of_memory,
                memory_bytes=None,
            )
            self._changed.notify_all()

    def write(self, name: str, text: str, stream: str = "stdout") -> None:
        """The process of a container writes a line. Raises WorkloadNotFound."""
        with self._changed:
            self._find(name).lines.append(LogLine(datetime.now(UTC), stream, text))
            self._changed.notify_all()

    def image(self, name: str) -> Digest:
        """The image a container runs. Raises WorkloadNotFound."""
        return self._find(name).observed.image

    def _find(self, name: str) -> _Container:
        with self._changed:
            if name not in self._containers:
                raise WorkloadNotFound("no such workload", where=name)
            return self._containers[name]

    def _lines(self, name: str, container: _Container, follow: bool) -> Iterator[LogLine]:
        shown = 0
        while True:
            with self._changed:
                ended = container.observed.phase is Phase.EXITED or name not in self._containers
                fresh = container.lines[shown:]
                if not fresh and follow and not ended:
                    self._changed.wait(timeout=1.0)
                    continue
            yield from fresh
            shown += len(fresh)
            if not follow or (ended and not fresh):
                return
