"""The packages of a suite: parsed from Packages, kept in a compact form, asked for by name.

Source of the format: deb-control(5), https://wiki.debian.org/DebianRepository/Format.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

import msgspec
from debian.debian_support import NativeVersion

from lading.building.debian import relations
from lading.building.debian.relations import Relation
from lading.building.lockfile import Deb

FORMAT = "packages-1"
"""Named in the files that `dump` writes; another number whenever `Package` changes."""


class Package(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One package of an index. Relations stay text until somebody asks."""

    name: str
    version: str
    architecture: str
    archive: str
    path: str
    sha256: str
    size: int
    priority: str
    depends: str
    """Pre-Depends and Depends."""
    provides: str
    conflicts: str
    """Conflicts and Breaks."""

    @property
    def deb(self) -> Deb:
        return Deb(
            *(self.name, self.version, self.architecture, self.archive),
            *(self.path, self.sha256, self.size),
        )


_FIELDS = re.compile(
    r"^(Package|Version|Architecture|Filename|SHA256|Size|Priority|Pre-Depends|Depends|Provides"
    r"|Conflicts|Breaks): (.*)$",
    re.MULTILINE,
)
_DECODER = msgspec.msgpack.Decoder(list[Package])


def parse(text: bytes, archive: str) -> list[Package]:
    """Every paragraph of a Packages file, as published in `archive`."""
    packages = []
    for paragraph in text.decode("utf-8", "replace").split("\n\n"):
        fields = dict(_FIELDS.findall(paragraph))
        if "Filename" in fields and "SHA256" in fields:
            packages.append(_package(fields, archive))
    return packages


def installed(status: str, architecture: str) -> list[Package]:
    """What dpkg's status file says is installed; no archive is known to have any of it."""
    packages = []
    for paragraph in status.split("\n\n"):
        fields = dict(_FIELDS.findall(paragraph))
        is_there = re.search(r"^Status: install ok installed$", paragraph, re.MULTILINE)
        if is_there and fields.get("Architecture") in (architecture, "all"):
            none = {"Filename": "", "SHA256": "", "Size": "0"}
            packages.append(_package({**none, **fields}, ""))
    return packages


def dump(packages: list[Package]) -> bytes:
    """What `load` reads back: MessagePack, smaller and quicker than the text it came from."""
    return msgspec.msgpack.encode(packages)


def load(path: Path) -> list[Package] | None:
    """What `dump` wrote to `path`; None where there is nothing, or nothing of use."""
    try:
        return _DECODER.decode(path.read_bytes())
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


class Index:
    """The packages of several sources seen as one. Of several versions the newest comes first."""

    def __init__(self, suite: str, packages: Iterable[Package]) -> None:
        self.suite = suite
        self._by_name: dict[str, list[Package]] = defaultdict(list)
        for package in packages:
            self._by_name[package.name].append(package)

    def versions(self, name: str) -> list[Package]:
        """Newest first; empty when there is no such package."""
        return sorted(
            self._by_name.get(name, ()),
            key=lambda found: NativeVersion(found.version),
            reverse=True,
        )

    def newest(self, name: str) -> Package | None:
        return next(iter(self.versions(name)), None)

    def providers(self, name: str) -> list[tuple[Package, Relation]]:
        """Who provides a virtual package and in which version: the usual choice first."""
        return self._providers.get(name, [])

    def near(self, name: str) -> list[str]:
        """Names of packages that look like `name`."""
        return difflib.get_close_matches(name, self._by_name, n=3, cutoff=0.75)

    @cached_property
    def _providers(self) -> Mapping[str, list[tuple[Package, Relation]]]:
        found: dict[str, list[tuple[Package, Relation]]] = defaultdict(list)
        for name in sorted(self._by_name):
            if any(package.provides for package in self._by_name[name]):
                newest = self.versions(name)[0]
                for provided in relations.alternatives(newest.provides.replace(",", "|")):
                    found[provided.name].append((newest, provided))
        for pairs in found.values():
            pairs.sort(key=lambda pair: (_PRIORITIES.get(pair[0].priority, 9), pair[0].name))
        return found


_PRIORITIES = {"required": 0, "important": 1, "standard": 2, "optional": 3}


def _package(fields: Mapping[str, str], archive: str) -> Package:
    return Package(
        name=fields["Package"],
        version=fields["Version"],
        architecture=fields["Architecture"],
        archive=archive,
        path=fields["Filename"],
        sha256=fields["SHA256"],
        size=int(fields["Size"]),
        priority=fields.get("Priority", ""),
        depends=_joined(fields, "Pre-Depends", "Depends"),
        provides=fields.get("Provides", ""),
        conflicts=_joined(fields, "Conflicts", "Breaks"),
    )


def _joined(fields: Mapping[str, str], *names: str) -> str:
    return ", ".join(fields[name] for name in names if name in fields)
