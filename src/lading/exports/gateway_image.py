"""The gateway as an image: Envoy, all that it is told, and what ends it.

Built as any other image: the base of one of the app's environments, Envoy's program as a layer of
its own, the rest above it. The program is the one that runs the gateway on this machine, so there
is nothing to lock and nothing to fetch.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from lading.building import in_image
from lading.building.build import Built, build
from lading.building.layers.wanted import LayerKind
from lading.building.lockfile import LockedEnvironment
from lading.building.progress import Named, Progress
from lading.building.recipe import Environment, Recipe
from lading.exports import gateway_program, names
from lading.gateway import binary
from lading.gateway.document import encode
from lading.gateway.route import Listener, Route
from lading.gateway.static import static
from lading.stores.layout import Layout

PORT = 8080
"""Where it answers, inside."""
FOLDER = Path("/tmp")
"""Where its sockets are, inside: the one for services in the folder `inside` of it."""
_PROGRAM = "envoy"
_SETTINGS = "envoy.json"
_FIRST = "gateway.py"
_THREADS = 2


def listening(listener: Listener) -> Listener:
    """What is asked of an app's gateway, where it has a machine of its own."""
    return replace(listener, host="0.0.0.0", port=PORT)


def built(
    app: str,
    listener: Listener,
    routes: Sequence[Route],
    locked: LockedEnvironment,
    at: tuple[Layout, Path],
    progress: Progress,
) -> Built:
    """Its image, on the base of `locked`; `at` is the store and the cache.

    Raises GatewayError where Envoy is not installed, and what `build` raises.
    """
    store, cache = at
    inside = listening(listener)
    settings = encode(static(inside, inside.host, FOLDER, routes))
    ours = Path(gateway_program.__file__).read_bytes()
    source = _source(cache / "gateway", {_SETTINGS: settings, _FIRST: ours})
    environment = Environment(names.GATEWAY_IMAGE, locked.python, None)
    recipe = Recipe(
        app=app,
        name=names.GATEWAY_IMAGE,
        environment=environment,
        source=source,
        command=_command(locked.interpreter),
        models=(PurePosixPath(_PROGRAM),),
    )
    base = replace(locked, inputs="", packages=(), runtime=(), wheels=())
    return build(recipe, base, store, cache, _Told(progress, "gateway"))


class _Told(Named):
    def told(self, task: str) -> str:
        # The layer of Envoy is one of models only because those are stored as they are.
        return super().told(task.removeprefix(f"{LayerKind.MODEL.value}: "))


def _command(python: str) -> tuple[str, ...]:
    program, settings = f"{in_image.APP}/{_PROGRAM}", Path(in_image.APP, _SETTINGS)
    first = (python, "-I", f"{in_image.APP}/{_FIRST}")
    return (*first, *binary.called(program, settings, _THREADS))


def _source(folder: Path, files: Mapping[str, bytes]) -> Path:
    """A folder with Envoy and `files`, for the image. Once made, it stays as it is."""
    program = binary.path()
    status = program.stat()
    version = f"{program} {status.st_size} {status.st_mtime_ns}\n".encode()
    key = hashlib.sha256(version + b"".join(files.values()))
    path = folder / key.hexdigest()[:16]
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as made:
        new = Path(made, "source")
        new.mkdir()
        _same_file(program, new / _PROGRAM)
        for name, content in files.items():
            (new / name).write_bytes(content)
        try:
            new.rename(path)
        except OSError:
            # Another process has made the same.
            if not path.exists():
                raise
    return path


def _same_file(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        # Another file system, or a file of another user's.
        shutil.copy2(source, target)
