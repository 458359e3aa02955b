"""From layers to an image: its config, its manifest, and nothing that varies between machines.

Source: OCI image specification 1.1, config.md and annotations.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from lading.building import in_image
from lading.building.base_image import BaseImage
from lading.building.graph import FILE as GRAPH_FILE
from lading.building.layers.blob import Blob
from lading.building.layers.wanted import Wanted
from lading.building.lockfile import LockedEnvironment
from lading.building.recipe import Recipe
from lading.oci import Descriptor, Image, Layer
from lading.oci import assemble as oci_assemble
from lading.oci.annotations import TITLE, UNPACKED
from lading.stores.layout import Layout

CREATED = "1970-01-01T00:00:00Z"
"""An image is its content; when it was made is said by its provenance."""
KIND = "io.lading.layer.kind"
PACKAGES = "io.lading.layer.packages"
"""Annotations of a layer: its kind, and the packages in it, `name=version name=version`."""
_ENV = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/tmp",
    "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def assemble(
    recipe: Recipe,
    locked: LockedEnvironment,
    layers: Sequence[tuple[Wanted, Blob]],
    store: Layout,
) -> Image:
    """The image of some layers that are in `store`, lowest first."""
    title = {"org.opencontainers.image.title": f"{recipe.app}/{recipe.name}"}
    return oci_assemble(
        _settings(recipe, locked, [wanted for wanted, _ in layers]),
        [
            Layer(
                descriptor(wanted, made),
                made.diff_id,
                partial(store.blobs.open, made.descriptor.digest),
            )
            for wanted, made in layers
        ],
        title,
    )


def descriptor(wanted: Wanted, made: Blob) -> Descriptor:
    """A layer's descriptor, telling what the layer is."""
    said = {KIND: wanted.kind.value, TITLE: wanted.title, UNPACKED: str(made.unpacked_size)}
    if wanted.packages:
        said[PACKAGES] = " ".join(f"{name}={version}" for name, version in wanted.packages.items())
    bare = made.descriptor
    return Descriptor(bare.media_type, bare.digest, bare.size, said)


def _settings(recipe: Recipe, locked: LockedEnvironment, wanted: list[Wanted]) -> dict[str, Any]:
    system, _, architecture = locked.platform.partition("/")
    architecture, _, variant = architecture.partition("/")
    return {
        "created": CREATED,
        "os": system,
        "architecture": architecture,
        **({"variant": variant} if variant else {}),
        "config": execution(recipe, locked),
        "history": [
            {"created": CREATED, "created_by": f"lading: {one.kind.value}: {one.title}"}
            for one in wanted
        ],
    }


def execution(recipe: Recipe, locked: LockedEnvironment) -> dict[str, Any]:
    """How a container of the image runs: the config's `config`."""
    settings: dict[str, Any] = {
        "User": f"{in_image.USER_ID}:{in_image.USER_ID}",
        "Env": [f"{name}={value}" for name, value in _env(recipe, locked).items()],
        "WorkingDir": in_image.APP,
        "StopSignal": "SIGTERM",
        "Labels": _labels(recipe, locked),
    }
    if recipe.is_served:
        settings["Entrypoint"] = [locked.interpreter, in_image.LAUNCHER]
        settings["ExposedPorts"] = {f"{in_image.PORT}/tcp": {}}
    elif recipe.command:
        settings["Entrypoint"] = list(recipe.command)
    return settings


def _env(recipe: Recipe, locked: LockedEnvironment) -> dict[str, str]:
    """Ours first, then the recipe's by name; the recipe's own word is the last."""
    ours = {**_usual(locked.image), "LADING_SERVICE": recipe.name}
    if recipe.handler is not None:
        ours["LADING_HANDLER"] = recipe.handler
    if recipe.graph is not None:
        ours["LADING_GRAPH"] = GRAPH_FILE
    if recipe.flavour is not None:
        ours["LADING_FLAVOUR"] = recipe.flavour
        ours["LADING_MODEL"] = str(recipe.models[0])
    return {**ours, **dict(sorted(recipe.env.items()))}


def _usual(image: BaseImage | None) -> dict[str, str]:
    """What every image sets, or what somebody else's does and must be so besides.

    Its own path comes first, and a home that nobody can write to is not kept.
    """
    if image is None:
        return dict(_ENV)
    own = dict(one.split("=", 1) for one in image.env)
    folders = [*own.get("PATH", "").split(":"), *_ENV["PATH"].split(":")]
    fixed = {name: _ENV[name] for name in ("HOME", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")}
    path = ":".join(dict.fromkeys(filter(None, folders)))
    return {"LANG": _ENV["LANG"], **own, **fixed, "PATH": path}


def _labels(recipe: Recipe, locked: LockedEnvironment) -> dict[str, str]:
    return {
        "org.opencontainers.image.title": f"{recipe.app}/{recipe.name}",
        "io.lading.app": recipe.app,
        "io.lading.service": recipe.name,
        "io.lading.python": locked.python,
        "io.lading.suite": locked.suite,
        "io.lading.environment": locked.inputs,
        **(_of_base(locked.image) if locked.image else {}),
    }


def _of_base(image: BaseImage) -> dict[str, str]:
    """On what it stands (image-spec 1.1, annotations.md), and where that has its Python."""
    return {
        "org.opencontainers.image.base.name": image.reference,
        "org.opencontainers.image.base.digest": image.digest,
        "io.lading.interpreter": image.python,
    }
