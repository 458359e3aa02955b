"""Locked wheels that no index has, brought to a machine that lacks them: found, or made again."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lading.building.lockfile import LockedEnvironment, Wheel
from lading.building.wheels import (
    compiled,
    explain,
    indexes,
    install,
    packages,
    plain,
    requirements,
)
from lading.building.wheels.compiled import Wanted
from lading.building.wheels.making.ground import Ground
from lading.building.wheels.making.kept import Kept
from lading.building.wheels.making.maker import Bench, Maker
from lading.building.wheels.requirements import Line
from lading.building.wheels.sources.direct import Direct
from lading.building.wheels.sources.fetch import Source
from lading.building.wheels.sources.git import Repository
from lading.building.wheels.sources.origin import Kind, Origin
from lading.building.wheels.target import Target
from lading.errors import BuildError, RequirementsError


def bring(locked: LockedEnvironment, wheels: Iterable[Wheel], asked: Path, bench: Bench) -> None:
    """Have some wheels of `locked` here that no index has; `asked` is the file of requirements.

    Raises BuildError where one comes out another than is locked, RequirementsError where its
    source is gone or does not build.
    """
    for wheel in wheels:
        _Bringing(locked, asked, bench, wheel).bring()


@dataclass(frozen=True)
class _Bringing:
    locked: LockedEnvironment
    asked: Path
    bench: Bench
    wheel: Wheel

    def bring(self) -> None:
        wheel = self.wheel
        found = next(self._elsewhere(), None)
        if found is not None:
            Kept(self.bench.cache).keep(wheel.filename, found)
            return
        task = f"wheel of {wheel.name} {wheel.version}"
        self.bench.progress.start(task)
        where = explain.place(self.asked, wheel.name)
        source = self._source(where)
        if source.origin.sha256 != self._origin.sha256:
            raise self._other("its source is another than is locked", source.origin.sha256)
        if source.is_wheel:
            Kept(self.bench.cache).keep(wheel.filename, source.path.read_bytes())
        else:
            made = self._maker.again(source, wheel, self.locked.tools, where)
            if made.sha256 != wheel.sha256:
                raise self._other("built again, it is another wheel than is locked", made.sha256)
        self.bench.progress.finish(task, "built again")

    @property
    def _origin(self) -> Origin:
        try:
            return Origin.parse(self.wheel.origin)
        except ValueError as error:
            todo = "upgrade Lading, or run `lading lock`"
            raise RequirementsError(
                "its origin is unknown here", self.wheel.name, todo=todo
            ) from error

    @property
    def _maker(self) -> Maker:
        bare = replace(self.locked, wheels=(), runtime=())
        target = Target(bare.python, bare.platform, install.glibc(bare))

        def ground(platform: str) -> Ground:
            if platform != bare.platform:
                raise BuildError(
                    f"a wheel for {bare.platform} cannot be built on {platform}",
                    where=f"{self.wheel.name} {self.wheel.version}",
                    todo=f"build on a machine of {bare.platform}",
                )
            return Ground(bare, target, lambda: bare.tools)

        return Maker(self.bench, self.asked, target, ground)

    def _elsewhere(self) -> Iterator[bytes]:
        """The very wheel, in a folder that find-links names."""
        environ = indexes.environment(os.environ)
        named = [Path(one) for one in environ.get("UV_FIND_LINKS", "").split(",") if one]
        for line in requirements.index_options(self.asked):
            option, _, place = line.partition(" ")
            if option in ("-f", "--find-links"):
                named.append(Path(place))
        for folder in named:
            path = folder / self.wheel.filename
            if path.is_file():
                content = path.read_bytes()
                if hashlib.sha256(content).hexdigest() == self.wheel.sha256:
                    yield content

    def _source(self, where: str) -> Source:
        origin, sources = self._origin, self._maker.sources
        kept = next((self.bench.cache / "sources" / origin.sha256).glob("*"), None)
        if kept is not None and origin.kind is not Kind.GIT:
            return Source(kept, kept.name, origin)
        if origin.kind is Kind.SDIST:
            return self._of_index(where)
        place = f"git+{origin.place}" if origin.kind is Kind.GIT else origin.place
        place += f"#subdirectory={origin.subdirectory}" if origin.subdirectory else ""
        line = Line(self.asked, 1, place)
        wanted = self._as_asked() or Direct(line, place, self.wheel.name)
        return sources.direct(replace(wanted, kept=origin.commit))

    def _as_asked(self) -> Direct | None:
        """The requirement that named it, which may hold the variable of a credential."""
        origin, sources = self._origin, self._maker.sources
        for one in plain.directs(self.asked):
            if one.kind is not origin.kind:
                continue
            if one.kind is Kind.GIT:
                place = Repository.parse(one.url(os.environ)).public
            elif one.kind is Kind.URL:
                place = sources.public(one)
            else:
                place = sources.relative(one.path)
            if place == origin.place and one.subdirectory == origin.subdirectory:
                return one
        return None

    def _of_index(self, where: str) -> Source:
        """Asked of the indexes by name, version and hash: a lock names none of them."""
        wheel, target = self.wheel, self._maker.target
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "requirements.txt"
            lines = [*requirements.index_options(self.asked), f"{wheel.name}=={wheel.version}", ""]
            path.write_text("\n".join(lines))
            wanted = Wanted(self.asked, target, path, ("--no-deps",), {}, {wheel.name: ()})
            (package,) = compiled.packages(wanted)
        found = packages.source(package, self.asked, self._maker.sources, where)
        if found is None:
            raise explain.source_only(wheel.name, self.asked, target)
        return found

    def _other(self, problem: str, sha256: str) -> BuildError:
        wheel = self.wheel
        return BuildError(
            problem,
            where=f"{wheel.name} {wheel.version}",
            expected=f"sha256:{self._origin.sha256 if 'source' in problem else wheel.sha256}",
            came=f"sha256:{sha256}",
            todo=f"copy {wheel.filename} from the machine that locked it, whose cache has it in "
            f"wheels/{wheel.sha256}, into a folder that --find-links names; or run `lading lock`",
        )
