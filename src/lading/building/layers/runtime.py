"""The runtime layer: lading_runtime, the wheels it needs, and the launcher."""

from __future__ import annotations

import functools
import hashlib
import os
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from lading import __version__
from lading.building import in_image
from lading.building.layers import blob, cache, wheels
from lading.building.layers.blob import Blob, Heard
from lading.building.layers.entry import Entry, file
from lading.building.layers.materials import Materials
from lading.building.layers.wanted import LayerKind, Wanted
from lading.errors import BuildError

_PACKAGE = "lading_runtime"
_FOLDER = in_image.RUNTIME.lstrip("/")
_LAUNCHER = "launch.py"


def wanted(materials: Materials) -> Wanted:
    """The layer of an image that serves a handler or a model. Raises BuildError."""
    own = _own()
    return Wanted(
        LayerKind.RUNTIME,
        _PACKAGE,
        partial(_key, materials),
        partial(_make, own, materials),
        packages={wheel.name: wheel.version for wheel in materials.locked.runtime},
    )


def files() -> list[tuple[str, bytes]]:
    """lading_runtime and the launcher, by their paths below the launcher's folder."""
    root = in_image.LAUNCHER.rpartition("/")[0].lstrip("/")
    return [(one.path.removeprefix(f"{root}/"), _content(one)) for one in _own()]


def _key(materials: Materials) -> str:
    locked = materials.locked
    return cache.key("runtime", [*_hashes(), *wheels.hashes(locked.runtime, locked)])


@functools.cache
def _hashes() -> list[str]:
    return [f"{one.path} {hashlib.sha256(_content(one)).hexdigest()}" for one in _own()]


def _make(own: list[Entry], materials: Materials, heard: Heard) -> Blob:
    from lading.building.wheels import install, requirements
    from lading.building.wheels.installed_tree import Place

    locked = materials.locked
    if not locked.runtime:
        return blob.compressed(
            materials.store, wheels.with_bytecode(own, materials, _FOLDER), heard
        )
    place = Place(_FOLDER, locked.interpreter, scripts=False)
    asked = requirements.runtime_file()
    with install.installed(locked.runtime, locked, place, materials.cache, asked) as entries:
        whole = wheels.with_bytecode([*entries, *own], materials, _FOLDER)
        return blob.compressed(materials.store, whole, heard)


@functools.cache
def _own() -> list[Entry]:
    """lading_runtime's files as they are installed here; found, never imported.

    Read once a process, a megabyte: they are those of the Lading that runs, also while another
    one is installed in its place.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BuildError(f"{_PACKAGE} is not installed beside lading", todo="install lading anew")
    root = Path(next(iter(spec.submodule_search_locations)))
    entries = []
    for top, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            path = Path(top) / name
            if path.suffix != ".pyc":
                relative = path.relative_to(root).as_posix()
                entries.append(file(f"{_FOLDER}/{_PACKAGE}/{relative}", path.read_bytes()))
    launcher = file(in_image.LAUNCHER.lstrip("/"), (root / _LAUNCHER).read_bytes())
    return sorted([*entries, launcher, _metadata()], key=lambda one: one.path)


def _metadata() -> Entry:
    """By which scanners know it, as any other Python package."""
    name = _PACKAGE.replace("_", "-")
    text = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {__version__}\n"
        "Summary: Lading's server in the image.\n"
    )
    return file(f"{_FOLDER}/{_PACKAGE}-{__version__}.dist-info/METADATA", text.encode())


def _content(entry: Entry) -> bytes:
    return entry.content if isinstance(entry.content, bytes) else entry.content.read_bytes()
