"""lading.lock: what every environment resolved to, by version and SHA-256.

The values; `read` and `write` stand below them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import msgspec

from lading.building import fingerprint, flavours, in_image
from lading.building.base_image import BaseImage
from lading.building.recipe import Environment
from lading.errors import LockError, MergeConflict


@dataclass(frozen=True, order=True)
class Deb:
    """A Debian package: where it lies in which archive, and what it must hash to."""

    name: str
    version: str
    architecture: str
    archive: str
    """The archive's base URL, "http://deb.debian.org/debian"; a mirror may replace it."""
    path: str
    """Below the archive: "pool/main/z/zlib/zlib1g_1.2.13_amd64.deb"."""
    sha256: str
    size: int
    """Bytes of the .deb."""


@dataclass(frozen=True, order=True)
class Wheel:
    """A wheel: its file name says for which Python and platform."""

    name: str
    version: str
    filename: str
    sha256: str
    size: int
    """Bytes of the .whl; 0 when the index does not tell."""
    origin: str = ""
    """How it came to be where no index has it: an `Origin`, as text; else empty."""
    built_with: tuple[str, ...] = ()
    """What its build needed besides: "setuptools==80.9.0 --hash=sha256:…"."""


@dataclass(frozen=True)
class LockedEnvironment:
    """An environment on one platform."""

    python: str
    """`major.minor`."""
    suite: str
    """Debian's code name: "bookworm"; empty on an image that is no Debian."""
    platform: str
    """As in OCI: "linux/amd64"."""
    inputs: str
    """Hash of what was asked for: when it differs, the lock is out of date."""
    base: tuple[Deb, ...]
    """Debian's Python; nothing on an image of somebody else's."""
    packages: tuple[Deb, ...]
    """What `packages:` adds to the base, closed over dependencies."""
    runtime: tuple[Wheel, ...]
    """What lading_runtime needs, less what `wheels` brings already."""
    wheels: tuple[Wheel, ...]
    image: BaseImage | None = None
    """What it stands on in the place of `base`."""
    tools: tuple[Deb, ...] = ()
    """What its wheels of an `origin` were built on, compilers and all; not in the image."""

    @property
    def interpreter(self) -> str:
        """The path of its Python in the image."""
        return self.image.python if self.image else in_image.python(self.python)

    @property
    def site(self) -> str:
        """The folder in the image that its wheels are installed in."""
        return in_image.SITE if self.image else in_image.site(self.python)


@dataclass(frozen=True)
class Lock:
    """Environments by name, then platform."""

    environments: Mapping[str, Mapping[str, LockedEnvironment]]


FORMAT = 2
"""Version of the file's format. Format 1, which knew of no images, is read as well."""
_READ = (1, FORMAT)
_MERGE_MARKERS = ("<<<<<<<", "=======", ">>>>>>>")


def read(path: Path) -> Lock:
    """The lock that `write` wrote to `path`.

    Raises LockError for a file that is missing, of another format, left in a merge conflict, not
    JSON, or changed by anybody but `lading lock`.
    """
    try:
        text = path.read_text().replace("\r\n", "\n")
    except FileNotFoundError:
        raise LockError("there is no lock yet", where=str(path), todo=_RELOCK) from None
    except (OSError, UnicodeDecodeError) as error:
        raise LockError("cannot be read", where=str(path), came=str(error)) from error
    try:
        document = _DECODER.decode(text)
    except msgspec.MsgspecError as error:
        raise _malformed(path, text, error) from error
    if document.lading not in _READ:
        raise LockError(
            "is of another format",
            where=str(path),
            expected=f"format {FORMAT}",
            came=f"format {document.lading}",
            todo="upgrade Lading, or run `lading lock`",
        )
    if document.digest != _digest(text):
        raise LockError("was edited by hand or by a merge", where=str(path), todo=_RELOCK)
    return Lock(document.environments)


def write(path: Path, lock: Lock) -> None:
    """Write `lock` to `path`: all or nothing, the same bytes for the same lock.

    Raises LockError where the folder cannot be written to.
    """
    text = _text(lock)
    text = text.replace(_NO_DIGEST, f'"digest": "{_digest(text)}"', 1)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise LockError("cannot be written", where=str(path), came=error.strerror or "") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def is_stale(environment: Environment, locked: LockedEnvironment) -> str | None:
    """Why `locked` no longer is what `environment` asks for; None while it is.

    Raises RequirementsError for a requirements file that cannot be read.
    """
    if moved := _other_image(environment, locked.image):
        return moved
    if not environment.foreign and environment.python not in ("", locked.python):
        return f"python changed from {locked.python} to {environment.python}"
    if missing := flavours.missing_library(environment, (wheel.name for wheel in locked.wheels)):
        return f"{missing} is not in it, which loads the model"
    return fingerprint.changed(locked.inputs, environment)


def _other_image(environment: Environment, locked: BaseImage | None) -> str | None:
    before, now = locked.reference if locked else "", environment.base
    if before == now:
        return None
    key = "image" if environment.foreign else "base"
    return f"`{key}` changed from {before or 'none'} to {now or 'none'}"


class _Document(msgspec.Struct):
    lading: int
    digest: str
    environments: dict[str, dict[str, LockedEnvironment]]


_RELOCK = "run `lading lock`"
_OF_AN_INDEX = 5
"""Fields of a wheel from an index."""
_DECODER = msgspec.json.Decoder(_Document)
_NO_DIGEST = '"digest": ""'
_DIGEST_LINE = re.compile(r'"digest": "[^"]*"')


def _digest(text: str) -> str:
    return hashlib.sha256(_DIGEST_LINE.sub(_NO_DIGEST, text, count=1).encode()).hexdigest()


def _text(lock: Lock) -> str:
    """JSON with a package a line, so that a diff tells which one changed."""
    environments = [
        f"  {_json(name)}: {{\n{_platforms(lock.environments[name])}\n  }}"
        for name in sorted(lock.environments)
    ]
    body = ",\n".join(environments)
    return f'{{\n "lading": {FORMAT},\n {_NO_DIGEST},\n "environments": {{\n{body}\n }}\n}}\n'


def _platforms(platforms: Mapping[str, LockedEnvironment]) -> str:
    return ",\n".join(
        f"   {_json(name)}: {{\n{_fields(platforms[name])}\n   }}" for name in sorted(platforms)
    )


def _fields(locked: LockedEnvironment) -> str:
    return ",\n".join(
        f"    {_json(field.name)}: {_value(getattr(locked, field.name))}"
        for field in fields(locked)
    )


def _value(value: str | tuple[Deb, ...] | tuple[Wheel, ...] | BaseImage | None) -> str:
    if not isinstance(value, tuple) or not value:
        return _json(value)
    rows = ",\n".join(f"     {_json(_told(row))}" for row in value)
    return f"[\n{rows}\n    ]"


def _told(row: Deb | Wheel) -> object:
    """Without what only wheels have that were built here."""
    if isinstance(row, Deb) or row.origin:
        return row
    return {one.name: getattr(row, one.name) for one in fields(row)[:_OF_AN_INDEX]}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _malformed(path: Path, text: str, error: Exception) -> LockError:
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(_MERGE_MARKERS):
            return MergeConflict(
                "holds a merge conflict",
                where=f"{path}:{number}",
                came=line,
                todo="take either side (git checkout --ours or --theirs), then run `lading lock`",
            )
    place = re.search(r"byte (\d+)", str(error))
    line_number = text.encode()[: int(place[1])].count(b"\n") + 1 if place else 1
    came = str(error).split("(byte")[0].strip()
    return LockError("is damaged", where=f"{path}:{line_number}", came=came, todo=_RELOCK)
