"""The Python and platform that wheels are chosen for: the image's, never this machine's.

Source: PEP 425 (tags), PEP 600 (manylinux), PEP 508 (markers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from packaging.tags import Tag, compatible_tags, cpython_tags

_MACHINES: Mapping[str, str] = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
_LEGACY = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}
_OLDEST = {"x86_64": 5, "aarch64": 17}
_NEWEST_OF_UV = (2, 40)
"""uv knows no manylinux newer than this; wheels need none newer."""


@dataclass(frozen=True)
class Target:
    """`python` is `major.minor`, `platform` OCI's "linux/amd64", `glibc` the image's."""

    python: str
    platform: str
    glibc: tuple[int, int]

    @property
    def machine(self) -> str:
        return _MACHINES[self.platform]

    @property
    def uv_platform(self) -> str:
        """What `--python-platform` of uv is told."""
        major, minor = min(self.glibc, _NEWEST_OF_UV)
        return f"{self.machine}-manylinux_{major}_{minor}"

    @cached_property
    def ranks(self) -> Mapping[Tag, int]:
        """Every tag that runs there: the lower the number, the better it fits."""
        version = tuple(int(part) for part in self.python.split("."))
        platforms = list(self._platforms())
        interpreter = "cp" + self.python.replace(".", "")
        tags = [
            *cpython_tags(version, platforms=platforms),
            *compatible_tags(version, interpreter=interpreter, platforms=platforms),
        ]
        return {tag: rank for rank, tag in reversed(list(enumerate(tags)))}

    @property
    def markers(self) -> dict[str, str]:
        """What environment markers are asked about."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }

    def _platforms(self) -> Iterator[str]:
        major, newest = self.glibc
        for minor in range(newest, _OLDEST[self.machine] - 1, -1):
            yield f"manylinux_{major}_{minor}_{self.machine}"
            if legacy := _LEGACY.get((major, minor)):
                yield f"{legacy}_{self.machine}"
        yield f"linux_{self.machine}"
