"""From environments to a lock: Debian packages and wheels, each to a version and a SHA-256."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from pathlib import Path
from threading import Lock as Mutex

from lading.building import fingerprint, flavours
from lading.building.bases import debian_base, looking, supply
from lading.building.bases.looking import Seen
from lading.building.bases.supply import Supply
from lading.building.debian import resolve as debian
from lading.building.debian import suites
from lading.building.debian.archive import Archive
from lading.building.debian.index import Index
from lading.building.debian.suites import Suite
from lading.building.lockfile import Deb, Lock, LockedEnvironment, is_stale
from lading.building.progress import Progress
from lading.building.recipe import Environment
from lading.building.wheels import resolve as wheels
from lading.building.wheels.making import ground
from lading.building.wheels.making.ground import Ground
from lading.building.wheels.making.maker import Bench, Maker, no_workshop
from lading.building.wheels.resolve import Resolved
from lading.building.wheels.target import Target
from lading.errors import ArchiveError, LockError
from lading.oci import Digest, Location
from lading.stores.layout import Layout


@dataclass(frozen=True)
class Places:
    """Where things are kept, and where images of somebody else's come from."""

    cache: Path
    images: tuple[Layout, Supply] | None = None
    """None where no environment has a `base`."""
    bench: Bench | None = None
    """What wheels are made with where there is only source; None where nothing may be."""


def lock(
    environments: Sequence[Environment],
    platforms: Sequence[str],
    at: Places,
    previous: Lock | None,
    upgrade: bool,
    progress: Progress,
) -> Lock:
    """Resolve every environment for every platform ("linux/amd64").

    What `previous` locked stays as it is where it still is what is asked for, down to the version
    of each package; `upgrade` takes the newest of everything instead. Raises ArchiveError,
    RequirementsError and LockError, and what pulling an image raises.
    """
    locking = _Locking(at, Archive(at.cache), previous if not upgrade else None, progress)
    pairs = [(environment, platform) for environment in environments for platform in platforms]
    with ThreadPoolExecutor(max(1, min(4, len(pairs)))) as pool:
        done = list(pool.map(lambda pair: locking.locked(*pair), pairs))
    found: dict[str, dict[str, LockedEnvironment]] = {}
    for (environment, platform), locked in zip(pairs, done, strict=True):
        found.setdefault(environment.name, {})[platform] = locked
    return Lock(found)


@dataclass
class _Locking:
    at: Places
    archive: Archive
    previous: Lock | None
    progress: Progress
    indexes: dict[tuple[str, str], Index] = field(default_factory=dict)
    reading: Mutex = field(default_factory=Mutex)

    def locked(self, environment: Environment, platform: str) -> LockedEnvironment:
        before = self._before(environment.name, platform)
        if before and is_stale(environment, before) is None:
            return before
        task = f"lock {environment.name} ({platform})"
        self.progress.start(task)
        locked = self._resolved(environment, platform, before)
        count = len(locked.base) + len(locked.packages) + len(locked.runtime) + len(locked.wheels)
        self.progress.finish(task, "1 image" if environment.foreign else f"{count} packages")
        return locked

    def _before(self, name: str, platform: str) -> LockedEnvironment | None:
        return self.previous.environments.get(name, {}).get(platform) if self.previous else None

    def _resolved(
        self, environment: Environment, platform: str, before: LockedEnvironment | None
    ) -> LockedEnvironment:
        if environment.base:
            return self._on_image(environment, platform, before)
        suite = suites.for_python(environment.python)
        before = _comparable(before, environment.python)
        base, packages = self._debs(suite, platform, environment.packages, before)
        target = Target(environment.python, platform, suite.glibc)
        bare = LockedEnvironment(
            python=environment.python,
            suite=suite.name,
            platform=platform,
            inputs=fingerprint.inputs(environment),
            base=base,
            packages=packages,
            runtime=(),
            wheels=(),
        )
        return self._with_wheels(bare, environment, target, before)

    def _on_image(
        self, environment: Environment, platform: str, before: LockedEnvironment | None
    ) -> LockedEnvironment:
        seen = self._seen(environment, platform, before)
        before = _comparable(before, seen.python)
        packages = self._added(environment, seen, platform, before)
        bare = LockedEnvironment(
            python=seen.python,
            suite=seen.suite,
            platform=platform,
            inputs=fingerprint.inputs(environment),
            base=(),
            packages=packages,
            runtime=(),
            wheels=(),
            image=seen.image,
        )
        if environment.foreign:
            return bare
        target = Target(seen.python, platform, seen.glibc)
        return self._with_wheels(bare, environment, target, before)

    def _added(
        self,
        environment: Environment,
        seen: Seen,
        platform: str,
        before: LockedEnvironment | None,
    ) -> tuple[Deb, ...]:
        """Debian's packages on an image that is a Debian already."""
        if not environment.packages or seen.unpacked is None:
            return ()
        machine = suites.architecture(platform)
        there = debian_base.installed(seen.unpacked, seen.suite, machine, environment.base)
        index = self._index(seen.suite, machine)
        prefer = _versions(before.packages) if before else {}
        wanted = sorted(set(environment.packages))
        return tuple(one.deb for one in debian.packages(index, wanted, there, prefer))

    def _seen(
        self, environment: Environment, platform: str, before: LockedEnvironment | None
    ) -> Seen:
        """Pulled by the digest that is locked, while the reference is the same."""
        if self.at.images is None:
            raise LockError("there is no registry to ask", environment.base)
        store, source = self.at.images
        location = Location.parse(environment.base)
        image = None
        if before and before.image and before.image.reference == environment.base:
            location = location.at(Digest.parse(before.image.digest))
            image = supply.stored(before.image, store)
        image = image or source.pull(location, store, platform)
        return looking.look(environment, image, platform, self.at.cache)

    def _with_wheels(
        self,
        bare: LockedEnvironment,
        environment: Environment,
        target: Target,
        before: LockedEnvironment | None,
    ) -> LockedEnvironment:
        path = environment.requirements
        user = Resolved(())
        if path:
            stands_on = partial(self._ground, environment, bare)
            maker = Maker(self._bench, path, target, stands_on)
            user = wheels.wheels(path, maker, before.wheels if before else ())
        flavours.require_library(environment, [wheel.name for wheel in user.wheels])
        kept = wheels.versions(before.runtime) if before else {}
        runtime = wheels.runtime(path, user.wheels, target, kept)
        return replace(bare, runtime=runtime, wheels=user.wheels, tools=user.tools)

    @cached_property
    def _bench(self) -> Bench:
        return self.at.bench or no_workshop(self.at.cache, self.progress)

    def _ground(self, environment: Environment, bare: LockedEnvironment, platform: str) -> Ground:
        """What wheels are built on: the same environment, on the platform that builds."""
        asked = environment.build_packages
        if bare.image:
            if bare.platform != platform:
                raise LockError(
                    f"a wheel for {bare.platform} cannot be built on {platform}",
                    environment.base,
                    todo="lock it on a machine of that platform, or name a wheel",
                )
            glibc = bare.image.glibc.split(".")
            target = Target(bare.python, platform, (int(glibc[0]), int(glibc[1])))
            tools = cache(partial(self._tools_on_image, environment, bare))
            return Ground(bare, target, tools, asked)
        suite = suites.for_python(bare.python)
        if bare.platform != platform:
            base, packages = self._debs(suite, platform, environment.packages, None)
            bare = replace(bare, platform=platform, base=base, packages=packages)
        tools = cache(partial(self._tools, suite, bare, asked))
        return Ground(bare, Target(bare.python, platform, suite.glibc), tools, asked)

    def _tools_on_image(self, environment: Environment, bare: LockedEnvironment) -> tuple[Deb, ...]:
        """Debian's, where the image is a Debian; one of another sort brings what it has."""
        asked = environment.build_packages
        if not bare.suite and not asked:
            return ()
        debians_own = any((x.name, x.python) == (bare.suite, bare.python) for x in suites.SUITES)
        wanted = ground.tools(bare.python if debians_own else "", asked)
        whole = replace(environment, packages=(*environment.packages, *wanted))
        seen = self._seen(environment, bare.platform, bare)
        try:
            return self._added(whole, seen, bare.platform, bare)
        except ArchiveError:
            raise
        except LockError as error:
            if not asked:
                return ()  # nothing can be added to it
            problem = "`build_packages` are Debian's, and cannot be added to this image"
            raise LockError(problem, error.where, came=error.came, todo=error.todo) from error

    def _tools(
        self, suite: Suite, bare: LockedEnvironment, asked: tuple[str, ...]
    ) -> tuple[Deb, ...]:
        """The image's packages and compilers, closed anew: a header goes with one version of its
        library, which may be a newer one than is locked."""
        index = self._index(suite.name, suites.architecture(bare.platform))
        below = [*bare.base, *bare.packages]
        wanted = [*ground.tools(bare.python, asked), *debian.ESSENTIAL, *(x.name for x in below)]
        return tuple(one.deb for one in debian.close(index, wanted, prefer=_versions(below)))

    def _debs(
        self,
        suite: Suite,
        platform: str,
        wanted: tuple[str, ...],
        before: LockedEnvironment | None,
    ) -> tuple[tuple[Deb, ...], tuple[Deb, ...]]:
        index = self._index(suite.name, suites.architecture(platform))
        prefer = _versions((*before.base, *before.packages)) if before else {}
        base = debian.base(index, suite, prefer)
        added = debian.packages(index, sorted(set(wanted)), base, prefer) if wanted else []
        return tuple(p.deb for p in base), tuple(p.deb for p in added)

    def _index(self, suite: str, architecture: str) -> Index:
        """Read once, whoever asks first; InRelease is asked for anew each time."""
        with self.reading:
            key = (suite, architecture)
            if key not in self.indexes:
                task = f"index of Debian {suite} ({architecture})"
                self.progress.start(task)
                sources = suites.sources(suite)
                with ThreadPoolExecutor(len(sources)) as pool:
                    parts = pool.map(lambda one: self.archive.packages(one, architecture), sources)
                    self.indexes[key] = Index(suite, [p for part in parts for p in part])
                self.progress.finish(task)
            return self.indexes[key]


def _comparable(before: LockedEnvironment | None, python: str) -> LockedEnvironment | None:
    """What was locked for another Python tells nothing."""
    return before if before and before.python == python else None


def _versions(debs: Iterable[Deb]) -> Mapping[str, str]:
    return {deb.name: deb.version for deb in debs}
