"""Which package a file of an image belongs to, by what the packages themselves record.

Sources: "Recording installed projects" (RECORD) of the Python packaging specifications; dpkg's
files lists, and those of distroless images, /var/lib/dpkg/status.d.
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lading.building import in_image
from lading.building.layers.wanted import LayerKind

_STATUS = "var/lib/dpkg/status.d/"
_INFO = "var/lib/dpkg/info/"
_BYTECODE = re.compile(
    r"(?P<folder>.*/)?__pycache__/(?P<name>[^/]+?)\.cpython-\d+(?:\.opt-\d)?\.pyc"
)
_RUNTIME = f"{in_image.RUNTIME[1:]}/"


@dataclass(frozen=True, order=True)
class Owner:
    """What a file is part of. `kind` is "wheel", "deb", or that of a layer."""

    kind: str
    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class Owners:
    """Of all files of one image. `told` are texts of files that tell of packages, by path."""

    def __init__(self, told: Mapping[str, str]) -> None:
        self._by_path: dict[str, Owner] = {}
        for path, text in told.items():
            for owner, owned in _owned(path, text, told):
                self._by_path[owned] = owner

    def of(self, path: str, kind: str) -> Owner:
        """The owner of a file in a layer of that kind."""
        if found := self._by_path.get(path) or self._by_path.get(_source(path)):
            return found
        if kind == LayerKind.CODE.value:
            return Owner(kind, "your code")
        if kind == LayerKind.MODEL.value:
            return Owner(kind, path.removeprefix(f"{in_image.APP[1:]}/"))
        if path.startswith(_RUNTIME) or path == in_image.LAUNCHER[1:]:
            return Owner(LayerKind.RUNTIME.value, "lading_runtime")
        return Owner(kind, "of no package")


def _owned(path: str, text: str, told: Mapping[str, str]) -> Iterator[tuple[Owner, str]]:
    folder, _, name = path.rpartition("/")
    if name == "RECORD":
        owner = _wheel(folder)
        above = posixpath.dirname(folder)
        for row in csv.reader(text.splitlines()):
            if row:
                yield owner, posixpath.normpath(f"{above}/{row[0]}")
    elif path.startswith(_STATUS) and name.endswith(".md5sums"):
        package = name.removesuffix(".md5sums")
        owner = Owner("deb", package, _version(told.get(f"{_STATUS}{package}", "")))
        yield owner, f"{_STATUS}{package}"
        yield owner, path
        for line in text.splitlines():
            yield owner, line.partition("  ")[2].strip()
    elif path.startswith(_INFO) and name.endswith(".list"):
        owner = Owner("deb", name.removesuffix(".list").partition(":")[0])
        for line in text.splitlines():
            yield owner, line.strip("/")
            # Where /usr is merged, /lib/x lies at /usr/lib/x.
            yield owner, f"usr/{line.strip('/')}"


def _wheel(folder: str) -> Owner:
    """By its `name-version.dist-info`; what the runtime needs is no choice of the user's."""
    base = posixpath.basename(folder).removesuffix(".dist-info")
    name, _, version = base.rpartition("-")
    kind = LayerKind.RUNTIME.value if folder.startswith(_RUNTIME) else "wheel"
    return Owner(kind, re.sub(r"[-_.]+", "-", name).lower(), version)


def _version(control: str) -> str:
    match = re.search(r"(?m)^Version:\s*(\S+)", control)
    return match[1] if match else ""


def _source(path: str) -> str:
    """Of bytecode, the file that it was compiled from."""
    match = _BYTECODE.fullmatch(path)
    return f"{match['folder'] or ''}{match['name']}.py" if match else path
