"""What a wheel is built on: the environment it is for, and compilers where they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lading.building.lockfile import Deb, LockedEnvironment, Wheel
from lading.building.wheels.target import Target

TOOLS = (
    *("gcc", "g++", "libc6-dev", "make", "pkg-config", "patch", "xz-utils", "bzip2"),
    # Of what every Debian has, and an image of ours has not.
    *("perl-base", "diffutils", "tar"),
)


def tools(python: str, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Names of Debian packages that a build has besides the image's own.

    With the headers of Debian's Python `python`; none where it is empty.
    """
    return (*([f"libpython{python}-dev"] if python else []), *TOOLS, *asked)


@dataclass(frozen=True)
class Ground:
    """`bare` has the packages of the image, and no wheels yet; `target` is what it is."""

    bare: LockedEnvironment
    target: Target
    tools: Callable[[], tuple[Deb, ...]]
    """All packages of an image with compilers and `build_packages`; none where it stands on one
    that is no Debian, which brings its own."""
    asked: tuple[str, ...] = ()
    """`build_packages`, by name."""

    def environment(self, wheels: tuple[Wheel, ...], *, native: bool) -> LockedEnvironment:
        """What a build runs in: with `wheels`, and with the tools where it is `native`."""
        found = self.tools() if native else ()
        if not found:
            return replace(self.bare, wheels=wheels, runtime=())
        names = {deb.name for deb in self.bare.base}
        return replace(
            self.bare,
            base=tuple(deb for deb in found if deb.name in names),
            packages=tuple(deb for deb in found if deb.name not in names),
            wheels=wheels,
            runtime=(),
        )
