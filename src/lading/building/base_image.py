"""An image of somebody else's that an environment stands on, as a lock pins it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BaseImage:
    """One platform's image of a reference, and what was found in it."""

    reference: str
    """As it was written: "python:3.12-slim"."""
    digest: str
    """Of its manifest for the platform; what is pulled, also when the tag moves on."""
    env: tuple[str, ...] = ()
    """The variables that it sets, "NAME=value", for what is built on it."""
    user: str = ""
    """As whom its own program runs, in numbers: "101:101". Of what is run as it is."""
    ports: tuple[int, ...] = ()
    """Where its own program says that it listens. Of what is run as it is."""
    python: str = ""
    """The path by which its Python is started; empty for what is run as it is."""
    program: str = ""
    """The file that this leads to, links followed."""
    home: str = ""
    """What that Python's standard library lies in: "/usr/local" of /usr/local/lib/python3.12."""
    site: str = ""
    """Where it looks for packages, and .pth files in it are read."""
    glibc: str = ""
    """Version of its C library: "2.36"."""
