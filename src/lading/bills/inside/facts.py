"""What one file of a layer says: values that a record in the cache can hold."""

from __future__ import annotations

import msgspec


class Deb(msgspec.Struct, frozen=True):
    """An installed Debian package (deb-control(5))."""

    name: str
    version: str
    architecture: str
    source: str = ""
    """Its source package, where that has another name."""
    source_version: str = ""
    """Of the source package, where that has another version."""
    maintainer: str = ""
    homepage: str = ""
    needs: tuple[tuple[str, ...], ...] = ()
    """Names: of each group one is needed."""
    provides: tuple[str, ...] = ()


class Debs(msgspec.Struct, frozen=True, tag=True):
    """A file of dpkg's: one package or all of them."""

    packages: tuple[Deb, ...]


class Copyright(msgspec.Struct, frozen=True, tag=True):
    """A copyright file of Debian's."""

    licences: tuple[str, ...] = ()
    """As they are written there: "GPL-2+"."""
    declared: bool = False
    """Whether the file is machine-readable; else they are those whose text it refers to."""
    link: str = ""
    """The package whose file it is, where the folder is a link to that one's."""


class Wheel(msgspec.Struct, frozen=True, tag=True):
    """An installed Python package ("Core metadata specifications")."""

    name: str
    """Normalised."""
    version: str
    expression: str = ""
    """`License-Expression`."""
    licence: str = ""
    """`License`, where it is a line."""
    classifiers: tuple[str, ...] = ()
    """Those that begin with "License ::"."""
    supplier: str = ""
    homepage: str = ""
    needs: tuple[str, ...] = ()
    """`Requires-Dist`, as written."""


class Inner(msgspec.Struct, frozen=True):
    """A library that a wheel brings in its own files."""

    name: str
    version: str
    purl: str = ""
    """Empty where the wheel's list has none."""
    licences: tuple[str, ...] = ()
    is_optional: bool = False
    """The list does not say whether it was copied in."""


class Bundled(msgspec.Struct, frozen=True, tag=True):
    """A list that a wheel has of them (PEP 770)."""

    packages: tuple[Inner, ...]


class Os(msgspec.Struct, frozen=True, tag=True):
    """os-release(5)."""

    id: str
    version: str
    name: str


class Interpreter(msgspec.Struct, frozen=True, tag=True):
    """A Python that no package brought, by its patchlevel.h."""

    version: str


Fact = Debs | Copyright | Wheel | Bundled | Os | Interpreter


class Facts(msgspec.Struct, frozen=True):
    """What a layer says, by path; and what it takes away of the layers below."""

    said: dict[str, Fact] = {}
    gone: tuple[str, ...] = ()
    """Paths, with all that lies below them (image-spec layer.md, "Whiteouts")."""
