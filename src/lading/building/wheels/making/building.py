"""One build: an image with the source and the backend in it, run without a network to its end.

The image has no name and is nobody's: what prunes a store may take it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lading.building import build, in_image
from lading.building.layers import blob, entry
from lading.building.layers.materials import Materials
from lading.building.layers.workspace import workspace
from lading.building.lockfile import LockedEnvironment
from lading.building.recipe import Environment, Recipe
from lading.building.wheels.making.project import Project
from lading.building.wheels.making.workshop import Worked, Workshop
from lading.building.wheels.sources.fetch import Source
from lading.oci import Image, Layer, assemble
from lading.stores import images

_DRIVER = Path(__file__).with_name("inside.py")
_PROGRAM = f"{in_image.APP}/inside.py"
_ENV: Mapping[str, str] = {
    # 1980-01-01, the earliest time that a zip archive can tell.
    "SOURCE_DATE_EPOCH": "315532800",
    "PYTHONHASHSEED": "0",
    # Debian's Python asks for debug information, which is most of a library's bytes.
    "CFLAGS": "-g0",
    "CXXFLAGS": "-g0",
    "PIP_NO_INDEX": "1",
    "CARGO_NET_OFFLINE": "true",
}


@dataclass(frozen=True)
class Order:
    """What to build, and in what. `known` is what the environment's wheels were resolved
    from; None where those that are there must do."""

    label: str
    source: Source
    project: Project
    asked: Path
    """The file of requirements, whose indexes have the backend."""
    known: tuple[str, ...] | None


def run(order: Order, materials: Materials, workshop: Workshop, into: Path) -> Worked:
    """Build; where it succeeds, `into` has `requires.json`, and the wheel if nothing was missing.

    Raises BuildError, ArchiveError, StoreError, EngineError.
    """
    with workspace(materials.cache) as empty, materials.store.shared():
        environment = Environment("wheel", materials.locked.python, order.asked)
        recipe = Recipe("lading", "wheel", environment, empty)
        image = _with_source(build.make(recipe, materials).image, order, materials)
        images.write(materials.store.blobs, image)
        return workshop.run(_name(order.label), image.digest, into)


def _name(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:40] or "source"


def _with_source(below: Image, order: Order, materials: Materials) -> Image:
    folder = in_image.APP.lstrip("/")
    archive = "source.zip" if order.source.filename.endswith(".zip") else "source.tar"
    told = {
        "archive": archive,
        "backend": order.project.backend,
        "path": list(order.project.path),
        "subdirectory": order.source.origin.subdirectory,
        "known": order.known,
    }
    entries = [
        entry.file(f"{folder}/inside.py", _DRIVER),
        entry.file(f"{folder}/order.json", json.dumps(told).encode()),
        entry.file(f"{folder}/{archive}", order.source.path),
    ]
    made = blob.plain(materials.store, entries, lambda _: None)
    opened = partial(materials.store.blobs.open, made.descriptor.digest)
    layer = Layer(made.descriptor, made.diff_id, opened)
    return assemble(_settings(below, order, materials.locked), [*below.layers, layer])


def _settings(below: Image, order: Order, locked: LockedEnvironment) -> dict[str, Any]:
    whole = dict(below.settings)
    config = dict(whole.get("config") or {})
    ours = {**_ENV, **_versions(order)}
    config["Env"] = [*config.get("Env", ()), *(f"{key}={value}" for key, value in ours.items())]
    config["Entrypoint"] = [locked.interpreter, _PROGRAM]
    config.pop("Cmd", None)
    whole.pop("rootfs", None)
    whole.pop("history", None)
    return {**whole, "config": config}


def _versions(order: Order) -> dict[str, str]:
    """For backends that ask version control, of which an archive has none."""
    names = ("SETUPTOOLS_SCM_PRETEND_VERSION", "PBR_VERSION")
    return dict.fromkeys(names, order.source.version) if order.source.version else {}
