"""Images as one file, for `docker load`; an OCI image layout at the same time.

`manifest.json` is Docker's (Docker Image Specification 1.2, "Combined Image JSON + Filesystem
Changeset Format"), `index.json` and `blobs/` are the layout's. Layers are plain tars, because
Docker reads zstd only from version 23. So an archived image has another digest than the one in the
store, but the same config, whose digest is what Docker calls the image's ID.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol, cast

from lading.oci import Digest, Image, Layer, Reference, media_types, validate
from lading.stores.archive_reader import read
from lading.stores.disk import explained
from lading.stores.incomplete import Incomplete
from lading.stores.index_file import REF_NAME
from lading.stores.layout import VERSION
from lading.stores.uncompressed import plain, uncompressed

__all__ = ["Lacking", "read", "save", "save_all", "write", "write_rest"]

CONTAINERD_NAME = "io.containerd.image.name"


@dataclass(frozen=True)
class Lacking:
    """Layers that are left out, for an engine that has them, by diff ID.

    Docker looks for no file of a layer that it has. Podman looks for one, but not into it: with
    `empty` such files are there.
    """

    layers: frozenset[Digest]
    empty: bool = False


class Sink(Protocol):
    """Whatever can be written to: a file, a pipe, a socket's file."""

    def write(self, content: bytes, /) -> object: ...


def save(image: Image, reference: Reference, path: Path) -> None:
    """As `write`, to a file that has its name only when it is whole. Raises StoreError too."""
    save_all({reference: image}, path)


def save_all(images: Mapping[Reference, Image], path: Path) -> None:
    """As `save`, of several images; what they share is in it once."""
    with explained(path.parent):
        file = Incomplete(path.parent)
        try:
            _write_all(images, file)
            file.finish(path)
        finally:
            file.discard()


def write(image: Image, reference: Reference, stream: Sink) -> None:
    """Write an archive: the same bytes for the same image and name.

    `stream` need not be seekable. Layers are read twice, since a tar says sizes first, so
    DamagedBlob is raised before anything is written when a layer is not what its diff ID says.
    """
    _write_all({reference: image}, stream)


def write_rest(image: Image, reference: Reference, stream: Sink, lacking: Lacking) -> None:
    """Write what an engine needs besides what it has: for Docker's own reader, no OCI layout.

    Layers that are left out are not read. Raises DamagedBlob as `write` does.
    """
    validate.check(image)
    documents = list(_for_docker({reference: image}))
    if lacking.empty:
        documents += [(_blob(digest), b"") for digest in sorted(lacking.layers, key=str)]
    rest = [plain(layer) for layer in image.layers if layer.diff_id not in lacking.layers]
    _pack(documents, rest, stream)


def _pack(documents: Iterable[tuple[str, bytes]], layers: Iterable[Layer], stream: Sink) -> None:
    sink = cast(IO[bytes], stream)  # With "w|" tarfile calls nothing but `write`.
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name, document in documents:
            _add(tar, name, len(document), io.BytesIO(document))
        for digest, layer in {layer.diff_id: layer for layer in layers}.items():
            with layer.open() as content:
                _add(tar, _blob(digest), layer.descriptor.size, content)


def _write_all(images: Mapping[Reference, Image], stream: Sink) -> None:
    for image in images.values():
        validate.check(image)
    layers: dict[Digest, Layer] = {}
    unpacked = {name: uncompressed(image, layers) for name, image in images.items()}
    _pack(_documents(unpacked), layers.values(), stream)


def _documents(images: Mapping[Reference, Image]) -> Iterator[tuple[str, bytes]]:
    yield "oci-layout", VERSION
    yield "index.json", _json(_index(images))
    yield from _for_docker(images)
    manifests = {image.digest: image.manifest for image in images.values()}
    yield from ((_blob(digest), manifest) for digest, manifest in manifests.items())


def _for_docker(images: Mapping[Reference, Image]) -> Iterator[tuple[str, bytes]]:
    yield "manifest.json", _json([_docker_manifest(one, name) for name, one in images.items()])
    configs = {Digest.of(image.config): image.config for image in images.values()}
    yield from ((_blob(digest), config) for digest, config in configs.items())


def _index(images: Mapping[Reference, Image]) -> dict[str, Any]:
    return {
        "schemaVersion": 2,
        "mediaType": media_types.INDEX,
        "manifests": [_named(image, reference) for reference, image in images.items()],
    }


def _named(image: Image, reference: Reference) -> dict[str, Any]:
    names = {CONTAINERD_NAME: _full_name(reference), REF_NAME: str(reference)}
    return {**image.descriptor.to_json(), "annotations": names}


def _docker_manifest(image: Image, reference: Reference) -> dict[str, Any]:
    return {
        "Config": _blob(Digest.of(image.config)),
        "RepoTags": [str(reference)],
        "Layers": [_blob(layer.diff_id) for layer in image.layers],
    }


def _full_name(reference: Reference) -> str:
    """The name with the registry that Docker takes for granted."""
    first, slash, _ = reference.name.partition("/")
    if slash and ("." in first or first == "localhost"):
        return str(reference)
    return f"docker.io/{reference}" if slash else f"docker.io/library/{reference}"


def _add(tar: tarfile.TarFile, name: str, size: int, content: BinaryIO) -> None:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o644
    tar.addfile(member, content)
    content.read(1)  # Where a layer is checked: it raises when what was copied is damaged.


def _blob(digest: Digest) -> str:
    return f"blobs/sha256/{digest.hex}"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
