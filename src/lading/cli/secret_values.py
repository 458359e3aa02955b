"""What secrets are, asked of the environment and written where containers are given them.

Files that nobody but this user reaches, in the folder of sockets: not below LADING_HOME, and gone
after a reboot.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lading.errors import SettingsError, StoreError


def read(
    folder: Path, names: Mapping[str, Iterable[str]], environ: MutableMapping[str, str]
) -> Mapping[Path, bytes]:
    """The values of services' secrets, by the files below `folder` that are to have them.

    They are taken out of `environ`: what is started from here on has no business with them. One
    that was written before, and has no value here, is left as it is. Raises SettingsError for one
    that has none at all.
    """
    asked = {
        folder / owner / name: f"services.{owner}"
        for owner, wanted in names.items()
        for name in wanted
    }
    return _read(asked, environ)


def write(folder: Path, values: Mapping[Path, bytes]) -> Mapping[str, Sequence[str]]:
    """Put what was read where containers are given it. Raises StoreError.

    Returns the names, by service, of those that had another value before.
    """
    changed: dict[str, list[str]] = {}
    for path, value in values.items():
        if path.is_file() and path.read_bytes() != value:
            changed.setdefault(path.parent.name, []).append(path.name)
        _write(folder, path, value)
    return changed


def add(
    folder: Path, names: Mapping[str, Iterable[str]], environ: MutableMapping[str, str]
) -> None:
    """Read and write those that no container was given yet. Raises SettingsError, StoreError."""
    new = {x: [y for y in wanted if not (folder / x / y).is_file()] for x, wanted in names.items()}
    write(folder, read(folder, new, environ))


def withhold(names: Iterable[str], environ: MutableMapping[str, str]) -> None:
    """Take out of `environ` what other services and steps are given, at other times."""
    for name in names:
        environ.pop(name, None)


@contextmanager
def taken(
    folder: Path, step: str, names: Iterable[str], environ: MutableMapping[str, str]
) -> Iterator[Mapping[str, Path]]:
    """Those of one run of a step, by name; gone afterwards."""
    own = folder / f"{step}.{os.getpid()}"
    for one in folder.glob("*.*"):
        if one == own or not _runs(one):  # of a run that was killed
            shutil.rmtree(one, ignore_errors=True)
    paths = {name: own / name for name in names}
    values = _read(dict.fromkeys(paths.values(), f"steps.{step}"), environ)
    try:
        write(folder, values)
        yield paths
    finally:
        shutil.rmtree(own, ignore_errors=True)


def forget(folder: Path) -> None:
    """All of an app's, but for those of steps that run now."""
    for one in folder.glob("*"):
        if not _runs(one):
            shutil.rmtree(one, ignore_errors=True)
    with suppress(OSError):
        folder.rmdir()


def _runs(owner: Path) -> bool:
    """Whether a folder is a step's that has not ended: those have a process in their names."""
    pid = owner.name.rpartition(".")[2]
    return pid.isdecimal() and "." in owner.name and Path(f"/proc/{pid}").exists()


def _read(asked: Mapping[Path, str], environ: MutableMapping[str, str]) -> Mapping[Path, bytes]:
    """`asked` says of each file whose secret it is."""
    # Each once, however many services have it: what is in a pipe can be read once alone.
    values = {name: _value(name, environ) for name in dict.fromkeys(x.name for x in asked)}
    for path, owner in asked.items():
        if values[path.name] is None and not path.is_file():
            raise _missing(owner, path.name)
    withhold(values, environ)
    found = {path: values[path.name] for path in asked}
    return {path: value for path, value in found.items() if value is not None}


def _value(name: str, environ: Mapping[str, str]) -> bytes | None:
    if value := environ.get(name):
        return os.fsencode(value)
    variable = f"{name}_FILE"
    if not (file := environ.get(variable)):
        return None
    try:
        content = Path(file).read_bytes().removesuffix(b"\n")
    except OSError as error:
        came = f"{file}: {(error.strerror or str(error)).lower()}"
        raise SettingsError("cannot be read", variable, came=came, todo="correct it") from error
    if not content:
        raise SettingsError("is empty", variable, came=file, todo="write the value to it")
    return content


def _missing(owner: str, name: str) -> SettingsError:
    return SettingsError(
        "has no value",
        f"{owner}.secrets: {name}",
        expected=f"the variable {name}, or {name}_FILE with the path of a file",
        came="neither",
        todo="set one of them where you call this",
    )


def _write(folder: Path, path: Path, value: bytes) -> None:
    """Whole or not at all. A container's user may be any, so only the folder keeps others out."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        path.parent.mkdir(mode=0o755, exist_ok=True)
        path.parent.chmod(0o755)
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(value)
        beside.chmod(0o444)
        beside.replace(path)
    except OSError as error:
        came = (error.strerror or str(error)).lower()
        raise StoreError("cannot be written", str(path), came=came) from error
