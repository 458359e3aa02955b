"""The gateway as an image: Envoy, and all that it is told.

Built as any other image: the base of one of the app's environments, Envoy's program as a layer of
its own, the rest above it. The program is the one that runs the gateway on this machine, so there
is nothing to lock and nothing to fetch.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from lading.building import in_image
from lading.building.build import Built, build
from lading.building.lockfile import LockedEnvironment
from lading.building.progress import Progress
from lading.building.recipe import Environment, Recipe
from lading.exports import names
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
    source = _source(cache / "gateway", settings)
    environment = Environment(names.GATEWAY_IMAGE, locked.python, None)
    recipe = Recipe(
        app=app,
        name=names.GATEWAY_IMAGE,
        environment=environment,
        source=source,
        command=_command(),
        models=(PurePosixPath(_PROGRAM),),
    )
    base = replace(locked, inputs="", packages=(), runtime=(), wheels=())
    return build(recipe, base, store, cache, progress)


def _command() -> tuple[str, ...]:
    program, settings = f"{in_image.APP}/{_PROGRAM}", Path(in_image.APP, _SETTINGS)
    return binary.called(program, settings, _THREADS)


def _source(folder: Path, settings: bytes) -> Path:
    """A folder with what is copied into the image: once made, it stays as it is."""
    program = binary.path()
    status = program.stat()
    version = f"{program} {status.st_size} {status.st_mtime_ns}\n".encode()
    path = folder / hashlib.sha256(version + settings).hexdigest()[:16]
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as made:
        new = Path(made, "source")
        new.mkdir()
        _same_file(program, new / _PROGRAM)
        (new / _SETTINGS).write_bytes(settings)
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
