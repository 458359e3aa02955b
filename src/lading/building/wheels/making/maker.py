"""Makes wheels of sources: each once, in a container of the same base, kept by its hash."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import RLock

from lading.building.layers.materials import Materials
from lading.building.layers.workspace import workspace
from lading.building.lockfile import Deb, LockedEnvironment, Wheel
from lading.building.progress import Named, Progress
from lading.building.wheels import backend, files
from lading.building.wheels.making import building, explain, metadata, needs, project
from lading.building.wheels.making.building import Order
from lading.building.wheels.making.ground import Ground
from lading.building.wheels.making.kept import Kept, Made
from lading.building.wheels.making.project import Project
from lading.building.wheels.making.repacked import repacked
from lading.building.wheels.making.workshop import Workshop
from lading.building.wheels.sources.direct import Direct
from lading.building.wheels.sources.fetch import Source, Sources
from lading.building.wheels.sources.origin import Kind
from lading.building.wheels.target import Target
from lading.errors import EngineUnavailable, RequirementsError
from lading.stores.layout import Layout

_ROUNDS = 3
"""How often a backend may ask for more than its project says."""
_FORMAT = "1"
"""Raised where the same source is to be built anew."""


@dataclass(frozen=True)
class Bench:
    """What wheels are made with; one for a command."""

    store: Layout
    cache: Path
    progress: Progress
    workshop: Callable[[], Workshop]
    """Opened when there is something to build: it may be missing here."""
    one_at_a_time: RLock = field(default_factory=RLock, repr=False)


def no_workshop(cache: Path, progress: Progress) -> Bench:
    """One that takes wheels as they are, and can build none."""

    def refused() -> Workshop:
        raise EngineUnavailable("nothing here runs any")

    return Bench(Layout(cache / "store"), cache, progress, refused)


@dataclass(frozen=True)
class Maker:
    """Makes the wheels that an environment needs on `target` of what the file `asked` names.

    `ground` gives what builds stand on, for the workshop's platform.
    """

    bench: Bench
    asked: Path
    target: Target
    ground: Callable[[str], Ground]

    @cached_property
    def kept(self) -> Kept:
        return Kept(self.bench.cache)

    @cached_property
    def sources(self) -> Sources:
        return Sources(self.bench.cache, self.asked, os.environ)

    def direct(self, wanted: Direct) -> Made:
        """The wheel that a requirement by path or URL is, or is built into."""
        source = self.sources.direct(wanted)
        return self.of(source, wanted.where, wanted.label)

    def of(self, source: Source, where: str, label: str) -> Made:
        """The wheel of a source. Raises RequirementsError, and what building an image raises."""
        if source.is_wheel:
            return Made(self._taken(source, where))
        with self.bench.one_at_a_time:
            ground = self._ground(label, where)
            key = self._key(source, ground, label)
            made = self.kept.find(key)
            if made is None:
                task = f"wheel of {label}"
                self.bench.progress.start(task)
                made = _Making(self, ground, source, where, label).made()
                self.kept.remember(key, made)
                self.bench.progress.finish(task, "built")
        made = replace(made, wheel=replace(made.wheel, origin=str(source.origin)))
        self._fits(made.wheel, where)
        return made

    def again(self, source: Source, wheel: Wheel, tools: tuple[Deb, ...], where: str) -> Wheel:
        """A locked wheel built anew, with what it was built with: it may come out another."""
        with self.bench.one_at_a_time:
            ground = self._ground(wheel.name, where)
            ground = replace(ground, tools=lambda: tools)
            label = f"{wheel.name} {wheel.version}"
            return _Making(self, ground, source, where, label).exactly(wheel, native=bool(tools))

    def _ground(self, label: str, where: str) -> Ground:
        try:
            platform = self.bench.workshop().platform
        except EngineUnavailable as error:
            problem = f"{label} has to be built, in a container: {error.problem}"
            raise EngineUnavailable(problem, where, todo=error.todo) from error
        return self.ground(platform)

    def _taken(self, source: Source, where: str) -> Wheel:
        """A wheel that is one already."""
        content = source.path.read_bytes()
        path, sha256 = self.kept.keep(source.filename, content)
        try:
            said = metadata.of(path)
            self._fits(Wheel(said.name, said.version, source.filename, sha256, 0), where)
        except (zipfile.BadZipFile, ValueError, KeyError) as error:
            came = str(error)
            raise RequirementsError(
                "is no wheel", where, came=f"{source.filename}: {came}"
            ) from error
        origin = str(source.origin)
        return Wheel(said.name, said.version, source.filename, sha256, len(content), origin)

    def _fits(self, wheel: Wheel, where: str) -> None:
        if not files.fits(wheel.filename, self.target):
            raise RequirementsError(
                f"{wheel.name} {wheel.version} has no wheel for this image",
                where=where,
                expected=f"a wheel for Python {self.target.python} on {self.target.machine}, glibc "
                f"{self.target.glibc[0]}.{self.target.glibc[1]}",
                came=wheel.filename,
                todo="name a wheel that is for it, or the source"
                if wheel.origin.startswith(Kind.WHEEL.value) or not wheel.origin
                else f"lock it on a machine of {self.target.platform}, or name a wheel for it",
            )

    def _key(self, source: Source, ground: Ground, label: str) -> str:
        """What decides a wheel, but for the day's versions of what builds it."""
        bare = ground.bare
        parts = [_FORMAT, source.origin.sha256, source.origin.subdirectory, source.version]
        parts += [bare.python, bare.suite, bare.platform, bare.image.digest if bare.image else ""]
        parts += [*sorted(ground.asked), "with", *sorted(deb.name for deb in bare.packages)]
        parts += [*backend.constraints(self.asked), "and", *backend.besides(self.asked, label)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class _NotBuiltError(RequirementsError):
    """A build ended without a wheel."""

    wants_tools = False
    """Whether it might not have, with compilers."""


@dataclass(frozen=True)
class _Making:
    maker: Maker
    ground: Ground
    source: Source
    where: str
    label: str

    def made(self) -> Made:
        """With compilers where it looks as if it needed them, or where it fails without."""
        if self._project.crates:
            raise explain.without_crates(self.label, self.where)
        if not self._project.native:
            try:
                return Made(self._resolving(native=False))
            except _NotBuiltError as error:
                if not error.wants_tools or not self.ground.tools():
                    raise
        return Made(self._resolving(native=True), self.ground.tools())

    def exactly(self, wheel: Wheel, *, native: bool) -> Wheel:
        wheels = backend.pinned(wheel.built_with, self.maker.asked, self.ground.target)
        found, missing = self._run(wheels, None, native=native)
        if found is None:
            came = ", ".join(missing)
            raise RequirementsError(f"{self.label} is built with more than is locked", came=came)
        return found

    @cached_property
    def _project(self) -> Project:
        return project.read(self.source, self.where)

    def _resolving(self, *, native: bool) -> Wheel:
        asked = [*self._project.requires, *backend.besides(self.maker.asked, self.label)]
        for _ in range(_ROUNDS):
            wheels = backend.wheels(asked, self.maker.asked, self.ground.target, self.label)
            found, missing = self._run(wheels, tuple(asked), native=native)
            if found is not None:
                return replace(found, built_with=tuple(map(backend.pin, wheels)))
            asked += missing
        came = ", ".join(missing)
        raise RequirementsError(
            f"{self.label} asks for ever more to be built with", self.where, came=came
        )

    def _run(
        self, wheels: tuple[Wheel, ...], known: tuple[str, ...] | None, *, native: bool
    ) -> tuple[Wheel | None, list[str]]:
        """The wheel, or what is missing. `known` is None where all that is there must do."""
        bench = self.maker.bench
        locked = self.ground.environment(wheels, native=native)
        materials = Materials(locked, bench.store, bench.cache, Named(bench.progress, self.label))
        workshop = bench.workshop()
        order = Order(self.label, self.source, self._project, self.maker.asked, known)
        with workspace(bench.cache) as folder:
            into = folder / "out"
            worked = building.run(order, materials, workshop, into)
            log = bench.cache / "wheels" / "logs" / f"{self.source.origin.sha256[:16]}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text("".join(f"{line}\n" for line in worked.log))
            if worked.exit_code or worked.timed_out:
                minutes = workshop.seconds / 60
                used = [f"{one.name} {one.version}" for one in wheels]
                said = explain.failed(self.label, self.where, worked, log, minutes, used)
                failed = _NotBuiltError(
                    said.problem, said.where, said.expected, said.came, said.todo
                )
                failed.wants_tools = explain.wants_tools(worked)
                raise failed
            found = sorted(into.glob("*.whl"))
            if found:
                return self._finished(found[0], locked, materials), []
            missing: list[str] = json.loads((into / "requires.json").read_bytes())
            return None, [one for one in missing if one not in (known or ())]

    def _finished(self, path: Path, locked: LockedEnvironment, materials: Materials) -> Wheel:
        kept, sha256 = self.maker.kept.keep(path.name, repacked(path.read_bytes()))
        said = metadata.of(kept)
        if not locked.image:
            self._closed(kept, locked, materials)
        return Wheel(said.name, said.version, path.name, sha256, kept.stat().st_size)

    def _closed(self, wheel: Path, locked: LockedEnvironment, materials: Materials) -> None:
        """Raises RequirementsError for a library that only the build had."""
        if not needs.has_any(wheel):
            return
        from lading.building.debian import fetch

        bare = self.ground.bare
        names = {deb.name for deb in (*bare.base, *bare.packages)}
        all_of_it = fetch.fetch(
            (*locked.base, *locked.packages), materials.cache, materials.progress
        )
        there = {deb: path for deb, path in all_of_it.items() if deb.name in names}
        besides = {deb: path for deb, path in all_of_it.items() if deb.name not in names}
        if found := needs.missing(wheel, there, besides):
            raise explain.lacking(self.label, self.where, found)
