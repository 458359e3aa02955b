"""Which packages of an image need which others of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.markers import UndefinedEnvironmentName, default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lading.bills.components import ref_of_deb, ref_of_inner, ref_of_wheel
from lading.bills.inside.facts import Bundled, Deb, Debs, Fact, Wheel

_PYTHON = re.compile(r"(?:^|/)python(3\.\d+)/")
"""In a path of packages: which Python's they are."""
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Needs:
    """By the bom-refs of components."""

    debs: Mapping[str, Deb]
    """By name, and by whatever they provide."""
    wheels: Mapping[str, Wheel]
    """By the path of their METADATA."""
    bundled: Mapping[str, Bundled]
    """By the path of the list, which lies below a wheel's metadata."""

    @classmethod
    def of(cls, found: Mapping[str, Fact]) -> Needs:
        debs = [deb for fact in found.values() if isinstance(fact, Debs) for deb in fact.packages]
        provided = {name: deb for deb in debs for name in deb.provides}
        named = {deb.name: deb for deb in debs}
        wheels = {path: fact for path, fact in found.items() if isinstance(fact, Wheel)}
        bundled = {path: fact for path, fact in found.items() if isinstance(fact, Bundled)}
        return cls({**provided, **named}, wheels, bundled)

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
        names = set(_required(wheel, self._image()))
        refs: dict[str, str] = {}
        for other, one in self.wheels.items():
            if one.name in names and (one.name not in refs or _folder(other) == _folder(path)):
                refs[one.name] = ref_of_wheel(one, other)
        yield from refs.values()
        lists = f"{path.rpartition('/')[0]}/sboms/"
        for place, fact in self.bundled.items():
            if place.startswith(lists):
                yield from (ref_of_inner(one, place) for one in fact.packages)

    def _image(self) -> dict[str, str]:
        """The environment that markers are held against (PEP 508): the image's, as far as its
        packages tell, and nothing of the machine that asks."""
        found = (_PYTHON.search(path) for path in self.wheels)
        python = next((one[1] for one in found if one), "3")
        architecture = next((one.architecture for one in self.debs.values()), "")
        told = dict.fromkeys(default_environment(), "")
        return {
            **told,
            "os_name": "posix",
            "sys_platform": "linux",
            "platform_system": "Linux",
            "platform_machine": _MACHINES.get(architecture, ""),
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "implementation_version": f"{python}.0",
            "python_version": python,
            "python_full_version": f"{python}.0",
            "platform_release": "6",
            "extra": "",
        }


def _required(wheel: Wheel, image: dict[str, str]) -> Iterator[str]:
    """What it needs there, without extras: who asked for an extra is not known."""
    for text in wheel.needs:
        try:
            asked = Requirement(text)
            if asked.marker is None or asked.marker.evaluate(image):
                yield canonicalize_name(asked.name)
        except (InvalidRequirement, UndefinedEnvironmentName):
            continue


def _folder(path: str) -> str:
    return path.rpartition("/")[0].rpartition("/")[0]
