"""Which packages of an image need which others of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lading.bills.components import ref_of_deb, ref_of_wheel
from lading.bills.inside.facts import Deb, Debs, Fact, Wheel


@dataclass(frozen=True)
class Needs:
    """By the bom-refs of components."""

    debs: Mapping[str, Deb]
    """By name, and by whatever they provide."""
    wheels: Mapping[str, Wheel]
    """By the path of their METADATA."""

    @classmethod
    def of(cls, found: Mapping[str, Fact]) -> Needs:
        debs = [deb for fact in found.values() if isinstance(fact, Debs) for deb in fact.packages]
        provided = {name: deb for deb in debs for name in deb.provides}
        named = {deb.name: deb for deb in debs}
        wheels = {path: fact for path, fact in found.items() if isinstance(fact, Wheel)}
        return cls({**provided, **named}, wheels)

    def by_ref(self) -> dict[str, set[str]]:
        """What each package needs of the others; what of it is not in the image is left out."""
        debs = {ref_of_deb(deb): set(self._of_deb(deb)) for deb in self.debs.values()}
        wheels = {
            ref_of_wheel(wheel, path): set(self._of_wheel(wheel, path))
            for path, wheel in self.wheels.items()
        }
        return {**debs, **wheels}

    def _of_deb(self, deb: Deb) -> Iterator[str]:
        for group in deb.needs:
            there = (self.debs[name] for name in group if name in self.debs)
            if first := next(there, None):
                yield ref_of_deb(first)

    def _of_wheel(self, wheel: Wheel, path: str) -> Iterator[str]:
        """Those beside it before those elsewhere: the runtime's are apart from the user's."""
        names = set(_required(wheel))
        refs: dict[str, str] = {}
        for other, one in self.wheels.items():
            if one.name in names and (one.name not in refs or _folder(other) == _folder(path)):
                refs[one.name] = ref_of_wheel(one, other)
        yield from refs.values()


def _required(wheel: Wheel) -> Iterator[str]:
    """What it needs on Linux, without extras: who asked for an extra is not known."""
    for text in wheel.needs:
        try:
            asked = Requirement(text)
        except InvalidRequirement:
            continue
        linux = {"extra": "", "sys_platform": "linux", "platform_system": "Linux"}
        if asked.marker is None or asked.marker.evaluate({**linux, "os_name": "posix"}):
            yield canonicalize_name(asked.name)


def _folder(path: str) -> str:
    return path.rpartition("/")[0].rpartition("/")[0]
