"""The embedded engine's verbs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from pathlib import Path

from lading.engines.embedded import cgroups, container, doctor, logfile, programs, starting
from lading.engines.embedded.cgroups import Cgroups
from lading.engines.embedded.container import Container, Started
from lading.engines.embedded.copying import copy_out
from lading.engines.embedded.identity import Identity
from lading.engines.embedded.layers import Layers, locked, size_of
from lading.engines.embedded.unpack import Ownership
from lading.engines.engine import LogLine, Observed, Workload, is_name
from lading.engines.sockets import require_room
from lading.errors import EngineError, EngineUnavailable, StoreError, WorkloadNotFound
from lading.oci import Digest
from lading.stores.store import Store


class Embedded:
    """Satisfies Engine with runc and conmon, for the user this process runs as.

    `folder` keeps unpacked layers and containers; `run` is short, and gone after a reboot. Any
    number of objects and processes may share them; verbs on one name wait for each other. GPUs are
    described by files in `cdi_folders`.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        run: Path,
        cdi_folders: Sequence[Path] = (Path("/etc/cdi"), Path("/var/run/cdi")),
    ) -> None:
        self._store = store
        self._folder = folder.absolute()
        self._run = run.absolute()
        self._cdi_folders = tuple(cdi_folders)

    def apply(self, workload: Workload) -> Observed:
        if found := self.observe(workload.name):
            return found
        missing = [program for program in ("runc", "conmon") if programs.find(program) is None]
        if missing:
            problem = (
                f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed"
            )
            raise EngineUnavailable(problem, todo=programs.installing(*missing))
        if workload.egress and not (egress := doctor.network()).ok:
            raise EngineUnavailable(egress.detail, workload.name, todo=egress.mend)
        if workload.limits.gpu:
            from lading.engines.cdi import gpus

            gpus.require(workload.limits.gpu, workload.name, self._cdi_folders)
        image = self._store.read(workload.image)
        self._make_folders()
        layers = self._layers.of(image)
        made = self._container(workload.name)
        with self._lock(made):
            if record := container.load(made):
                return container.observe(made, record)
            starting.kill(made, self._identity, self._limits)
            made.folder.mkdir(parents=True)
            record = self._start(
                starting.Wanted(
                    workload, image, layers, made, self._identity, self._limits, self._cdi_folders
                )
            )
        return container.observe(made, record)

    def _start(self, wanted: starting.Wanted) -> Started:
        """Start it, or leave nothing. What this machine lacks is said before what came of it."""
        try:
            return starting.start(wanted)
        except EngineUnavailable:
            starting.kill(wanted.container, self._identity, self._limits)
            raise
        except EngineError:
            starting.kill(wanted.container, self._identity, self._limits)
            for finding in doctor.check():
                if finding.required and not finding.ok:
                    raise EngineUnavailable(finding.detail, todo=finding.mend) from None
            raise
        except BaseException:
            starting.kill(wanted.container, self._identity, self._limits)
            raise

    def observe(self, name: str) -> Observed | None:
        if not is_name(name):
            return None
        made = self._container(name)
        record = container.load(made)
        return container.observe(made, record) if record else None

    def names(self) -> list[str]:
        """Also of what a caller that was killed left half made: `remove` clears it."""
        folder = self._folder / "containers"
        return (
            sorted(x.name for x in folder.iterdir() if is_name(x.name)) if folder.is_dir() else []
        )

    def remove(self, name: str) -> None:
        made = self._container(name)
        if not is_name(name) or not made.folder.exists():
            return
        self._make_folders()
        with self._lock(made):
            if record := container.load(made):
                starting.stop(made, record, self._identity)
            elif made.folder.exists():
                starting.kill(made, self._identity, self._limits)

    def logs(self, name: str, follow: bool = False) -> Iterator[LogLine]:
        made, _ = self._find(name)
        return (
            logfile.follow(made.log, lambda: self._ended(made))
            if follow
            else logfile.read(made.log)
        )

    def copy(self, name: str, path: str, destination: Path) -> None:
        made, record = self._find(name)
        if not path.startswith("/"):
            raise EngineError("cannot be copied", name, "an absolute path", repr(path))
        copy_out(made, record, self._identity, path, destination.absolute())

    def prune(self, kept: Collection[Digest], dry_run: bool = False) -> int:
        needed = set(self._unpacked(kept))
        for name in self.names():
            if record := container.load(self._container(name)):
                needed.update(record.layers)
        surplus = self._layers.surplus(needed)
        forget = size_of if dry_run else self._layers.remove
        return sum(forget(folder) for folder in surplus)

    def _unpacked(self, images: Iterable[Digest]) -> Iterator[str]:
        """What their layers' folders are called."""
        for digest in images:
            # One that is damaged, or not here, has to be made again before it can be run.
            with suppress(StoreError):
                yield from (layer.diff_id.hex for layer in self._store.read(digest).layers)

    def _find(self, name: str) -> tuple[Container, Started]:
        made = self._container(name)
        record = container.load(made) if is_name(name) else None
        if record is None:
            raise WorkloadNotFound("no such workload", name)
        return made, record

    @staticmethod
    def _ended(made: Container) -> bool:
        """Nothing more will be logged: the monitor is gone, or all of the container is."""
        record = container.load(made)
        return record is None or not record.monitor.alive

    @cached_property
    def _identity(self) -> Identity:
        return Identity.current()

    @cached_property
    def _limits(self) -> Cgroups:
        return cgroups.detect(self._identity.root, self._identity.uid)

    @cached_property
    def _layers(self) -> Layers:
        return Layers(self._folder / "layers", Ownership.of(self._identity.root), self._store.blobs)

    def _container(self, name: str) -> Container:
        return Container(name, self._folder / "containers" / name, self._run)

    def _lock(self, made: Container) -> AbstractContextManager[None]:
        return locked(self._run / "locks" / made.key)

    def _make_folders(self) -> None:
        require_room(self._container("x").sockets / "http.sock", self._run)
        # Images bring set-user-id programs, and containers folders that anybody may write to.
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._run.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in ("locks", "c", "a", "runc"):
            (self._run / name).mkdir(exist_ok=True, mode=0o700)
