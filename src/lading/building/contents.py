"""What an image consists of, in words that can be compared, whether it is made already or not."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lading.building import in_image
from lading.building.assemble import KIND, PACKAGES, execution
from lading.building.forecast import Forecast
from lading.building.layers.wanted import LayerKind
from lading.oci import Image, Layer, Manifest
from lading.oci.digest import Digest

_READ_BYTES = 16 * 1024**2
"""A larger layer is not read to tell which of its files are others."""

Parts = Mapping[str, str]
"""Names of packages, with their versions, or of files, with a text that differs when a file does.
Folders are left out."""


@dataclass(frozen=True)
class LayerContents:
    """All layers of one kind."""

    digests: tuple[Digest | None, ...]
    """None for one that is still to be made."""
    parts: Callable[[], Parts | None] = field(compare=False)
    """None where it cannot be told, or would take long to."""


@dataclass(frozen=True)
class Contents:
    """An image: its layers by kind, and how it runs (the `config` of an OCI config)."""

    layers: Mapping[str, LayerContents]
    execution: Mapping[str, Any]


def of_forecast(forecast: Forecast) -> Contents:
    """Of an image that may not be made yet."""
    if forecast.recipe.is_foreign:
        return of_image(forecast.image) if forecast.image else Contents({}, {})
    layers: dict[str, LayerContents] = {}
    for kind in LayerKind:
        mine = [(one, blob) for one, blob in forecast.layers if one.kind is kind]
        if mine:
            digests = tuple(blob.descriptor.digest if blob else None for _, blob in mine)
            told = [(one.packages, one.files) for one, _ in mine]
            layers[kind.value] = LayerContents(digests, partial(_foreseen, told))
    execution_json = json.dumps(execution(forecast.recipe, forecast.locked))
    return Contents(layers, json.loads(execution_json))


def of_image(image: Image) -> Contents:
    """Of an image that Lading made. Its layers are opened when their parts are asked for."""
    by_kind: dict[str, list[Layer]] = {}
    for layer, said in zip(image.layers, Manifest.parse(image.manifest).layers, strict=True):
        by_kind.setdefault(said.annotations.get(KIND, "unknown"), []).append(layer)
    layers = {
        kind: LayerContents(
            tuple(layer.descriptor.digest for layer in mine),
            partial(_stored, kind, mine),
        )
        for kind, mine in by_kind.items()
    }
    return Contents(layers, image.settings.get("config") or {})


def _foreseen(told: Iterable[tuple[Parts, Callable[[], Parts]]]) -> Parts | None:
    parts: dict[str, str] = {}
    for packages, files in told:
        parts |= {**packages, **_without_folders(files())}
    return parts


def _stored(kind: str, layers: Iterable[Layer]) -> Parts | None:
    parts: dict[str, str] = {}
    for layer in layers:
        if kind == LayerKind.CODE.value:
            if layer.descriptor.size > _READ_BYTES:
                return None
            parts |= _files(layer)
        elif kind == LayerKind.MODEL.value:
            return None
        elif (said := layer.descriptor.annotations.get(PACKAGES)) is not None:
            parts |= dict(one.rpartition("=")[::2] for one in said.split())
    return parts


def _files(layer: Layer) -> Parts:
    """As `Found.said` tells of files that are not in a layer yet; bytecode is not the user's."""
    # Imported where there is a layer to read: 10 ms.
    from lading.stores.uncompressed import tar_of

    below = f"{in_image.APP[1:]}/"
    with tar_of(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        return {
            member.name.removeprefix(below): _said(tar, member)
            for member in tar
            if member.name.startswith(below) and not _is_ours(member)
        }


def _is_ours(member: tarfile.TarInfo) -> bool:
    return member.isdir() or "/__pycache__/" in member.name


def _without_folders(files: Parts) -> Parts:
    return {path: said for path, said in files.items() if not said.endswith("  ")}


def _said(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    content = tar.extractfile(member) if member.isfile() else None
    digest = hashlib.sha256(content.read()).hexdigest() if content else ""
    return f"{member.mode:o} {member.linkname} {digest}"
