"""Whose interpreter compiles for an image: its own, or this machine's of the very same version.

Bytecode says nothing of a processor: the compiler is portable C, and marshal writes numbers of
fixed widths, least byte first. So the same version gives the same bytes, wherever it runs.
"""

from __future__ import annotations

import hashlib
import re

from lading.building.lockfile import LockedEnvironment
from lading.errors import BuildError
from lading.oci.platforms import of_this_machine

_REBUILT = re.compile(r"\+b[0-9]+\Z")
"""Debian's mark of a package that was only built again (binary non-maintainer upload)."""

_VERSION = "PYTHON_VERSION"
"""Variable of Docker Hub's images of Python, and of many that are made of them."""


def chosen(locked: LockedEnvironment, here: LockedEnvironment | None) -> LockedEnvironment:
    """`locked`, or `here`, the same environment for this machine, where it is for another.

    Raises BuildError where the two have not the same Python, down to Debian's patches.
    """
    if locked.platform == of_this_machine() or here is None:
        return locked
    wanted, came = version(locked), version(here)
    if wanted != came:
        raise BuildError(
            f"the lock has another Python for {here.platform}, which is to compile for it",
            where=f"an image for {locked.platform}",
            expected=f"Python {wanted}",
            came=f"Python {came}",
            todo="run `lading lock --upgrade`; where the two stay apart, Debian has built the new "
            "one for one architecture only: try again later, or build on such a machine",
        )
    return here


def version(locked: LockedEnvironment) -> str:
    """Of what its interpreter was built from: "3.11.2-6+deb12u6", or what an image says it has."""
    if image := locked.image:
        said = dict(one.partition("=")[::2] for one in image.env)
        return f"{said.get(_VERSION) or locked.python} of {image.reference}"
    name = f"python{locked.python}-minimal"
    found = next((deb.version for deb in locked.base if deb.name == name), "")
    return _REBUILT.sub("", found) or locked.python


def identity(locked: LockedEnvironment) -> str:
    """What decides the bytes an interpreter compiles to: its version and every package of it."""
    parts = [locked.python, locked.platform, *sorted(deb.sha256 for deb in locked.base)]
    if locked.image:
        parts.append(locked.image.digest)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
