"""What secrets are, asked of the environment and written where containers are given them.

Files that nobody but this user reaches, in the folder of sockets: not below LADING_HOME, and gone
after a reboot.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from lading.errors import SettingsError, StoreError


def take(
    folder: Path, names: Mapping[str, Iterable[str]], environ: MutableMapping[str, str]
) -> None:
    """Write those of services, by their names, below `folder`, and take them out of `environ`.

    What is started from here on has no business with them. One that was written before, and has no
    value here, stays as it is. Raises SettingsError for one that has none at all, before any is
    written.
    """
    found = {
        folder / owner / name: _value(folder / owner / name, f"services.{owner}", name, environ)
        for owner, wanted in names.items()
        for name in wanted
    }
    _write_all(folder, found, environ)


@contextmanager
def taken(
    folder: Path, step: str, names: Iterable[str], environ: MutableMapping[str, str]
) -> Iterator[Mapping[str, Path]]:
    """Those of one run of a step, by name; gone afterwards."""
    own = folder / f"{step}.{os.getpid()}"
    paths = {name: own / name for name in names}
    found = {path: _value(path, f"steps.{step}", name, environ) for name, path in paths.items()}
    try:
        _write_all(folder, found, environ)
        yield paths
    finally:
        shutil.rmtree(own, ignore_errors=True)


def forget(folder: Path) -> None:
    """All of an app's."""
    shutil.rmtree(folder, ignore_errors=True)


def _write_all(
    folder: Path, found: Mapping[Path, bytes | None], environ: MutableMapping[str, str]
) -> None:
    for path, value in found.items():
        if value is not None:
            _write(folder, path, value)
        environ.pop(path.name, None)


def _value(path: Path, where: str, name: str, environ: Mapping[str, str]) -> bytes | None:
    if value := environ.get(name):
        return os.fsencode(value)
    if file := environ.get(f"{name}_FILE"):
        try:
            return Path(file).read_bytes().removesuffix(b"\n")
        except OSError as error:
            came = f"{file}: {(error.strerror or str(error)).lower()}"
            raise SettingsError(
                "cannot be read", f"{name}_FILE", came=came, todo="correct it"
            ) from error
    if path.is_file():
        return None
    raise SettingsError(
        "has no value",
        f"{where}.secrets: {name}",
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
