"""Resolve Python requirements to wheels: one version of each, one file of each, by hash.

uv resolves, for the image's Python and platform; it runs nothing of what it resolves. What has only
source is made into a wheel in a container, and resolved again with what that wheel asks for, until
nothing is left to be made. What index a wheel came from stays out: the name and hash say enough,
and a URL may hold a credential.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from lading.building.lockfile import Deb, Wheel
from lading.building.wheels import compiled, explain, files, packages, plain, requirements
from lading.building.wheels.compiled import Package, Wanted
from lading.building.wheels.making import metadata
from lading.building.wheels.making.kept import Made
from lading.building.wheels.making.maker import Maker
from lading.building.wheels.target import Target
from lading.errors import RequirementsError


@dataclass(frozen=True)
class Resolved:
    """Wheels, sorted by name, and the Debian packages that some of them were built on."""

    wheels: tuple[Wheel, ...]
    tools: tuple[Deb, ...] = ()


def wheels(path: Path, maker: Maker, before: Sequence[Wheel]) -> Resolved:
    """What the requirements file `path` needs on the maker's target.

    Versions and commits of `before` are kept to while they satisfy. Raises RequirementsError for
    what is unknown, conflicts, or cannot be built.
    """
    if path.name == "uv.lock":
        made = _Resolving(path, maker, {})
        return made.chosen(compiled.exported(path, maker.target))
    with tempfile.TemporaryDirectory() as folder:
        known = {wheel.name: wheel for wheel in before}
        asked = plain.of(path, maker.target, maker, known, Path(folder))
        wanted = Wanted(path, maker.target, asked.path, asked.options, versions(before))
        resolving = _Resolving(path, maker, dict(asked.made))
        return resolving.chosen(resolving.closed(wanted))


def runtime(
    path: Path | None, user: Sequence[Wheel], target: Target, prefer: Mapping[str, str]
) -> tuple[Wheel, ...]:
    """What lading_runtime needs beside what `user` has, sorted by name.

    Raises RequirementsError where the user's version of a package is outside the runtime's range;
    `path` is the file to name then.
    """
    versions = {wheel.name: wheel.version for wheel in user}
    for requirement in requirements.of_runtime():
        name = canonicalize_name(requirement.name)
        if name in versions and not requirement.specifier.contains(versions[name], True):
            raise explain.clash(path, name, versions[name], str(requirement))
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        pins = (f"{name}=={version}\n" for name, version in sorted(versions.items()))
        constraints.write_text("".join(pins))
        asked = requirements.runtime_file()
        options = ("--constraint", str(constraints))
        found = compiled.packages(Wanted(asked, target, None, options, prefer))
        chosen = [files.wheel(package, asked, target) for package in found]
    return tuple(sorted(wheel for wheel in chosen if wheel.name not in versions))


def _newest(debs: Iterable[Deb]) -> tuple[Deb, ...]:
    """One version of each: a wheel of last month's may have been built on another than today's."""
    from debian.debian_support import NativeVersion

    found: dict[str, Deb] = {}
    for deb in debs:
        known = found.setdefault(deb.name, deb)
        if NativeVersion(known.version) < NativeVersion(deb.version):
            found[deb.name] = deb
    return tuple(found.values())


def versions(locked: Iterable[Wheel]) -> dict[str, str]:
    """Preferences from wheels that are locked already."""
    return {wheel.name: str(Version(wheel.version)) for wheel in locked}


@dataclass
class _Resolving:
    path: Path
    maker: Maker
    made: dict[str, Made]
    """By name, what no index has."""
    known: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By name and version, the metadata of what may come as source."""

    def closed(self, wanted: Wanted) -> list[Package]:
        """Resolved again and again, until all that is chosen is there, or known to be a wheel."""
        refused: RequirementsError | None = None
        while True:
            sources = {name: list(known.values()) for name, known in self.known.items()}
            try:
                found = compiled.packages(replace(wanted, sources=sources))
            except explain.SourceOnlyError as error:
                if error.package in self.known:
                    raise refused or error from None
                self.known[error.package] = {}
                refused = error
                continue
            except RequirementsError as error:
                # Its source does not do either, or it has none.
                raise refused or error from None
            refused = None
            if not self._make(found):
                return found

    def _make(self, found: list[Package]) -> bool:
        """Whether anything was made that was not known before."""
        news = False
        for package in found:
            name, version = canonicalize_name(package["name"]), package["version"]
            if name in self.known and version not in self.known[name]:
                self.made[name] = self._of(package)
                path = self.maker.kept.path(self.made[name].wheel)
                self.known[name][version] = {**metadata.of(path).for_uv(), "version": version}
                news = True
        return news

    def chosen(self, found: list[Package]) -> Resolved:
        allowed = requirements.hashes(self.path)
        made = [self._chosen(package, allowed) for package in found]
        tools = _newest(deb for one in made for deb in one.tools)
        return Resolved(tuple(sorted(one.wheel for one in made)), tools)

    def _chosen(self, package: Package, allowed: Mapping[str, set[str]]) -> Made:
        name = canonicalize_name(package["name"])
        one = self.made.get(name)
        if one is None:
            package = files.allowed(package, allowed)
            fits = files.fitting(package, self.maker.target)
            one = Made(files.wheel(package, self.path, self.maker.target)) if fits else None
        one = one or self._of(package)
        hashes = {one.wheel.sha256, packages.sha256_of_source(one.wheel)}
        if name in allowed and not hashes & allowed[name]:
            raise explain.other_hash(self.path, one.wheel)
        return one

    def _of(self, package: Package) -> Made:
        """The wheel of a package that has none for this image."""
        name = canonicalize_name(package["name"])
        where = explain.place(self.path, name)
        source = packages.source(package, self.path, self.maker.sources, where)
        if source is None:
            raise explain.source_only(name, self.path, self.maker.target)
        label = f"{name} {package['version']}" if "version" in package else name
        made = self.maker.of(source, where, label)
        if made.wheel.name != name:
            came = f"{made.wheel.name} {made.wheel.version}"
            raise RequirementsError("holds another package", where, expected=name, came=came)
        return made
