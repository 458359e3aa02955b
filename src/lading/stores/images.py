"""Images as blobs: what every store does alike, wherever its blobs lie."""

from __future__ import annotations

from functools import partial

from lading.errors import DamagedBlob, ImageNotFound, StoreError
from lading.oci import (
    Artifact,
    Descriptor,
    Digest,
    Image,
    Index,
    Layer,
    Manifest,
    media_types,
    platforms,
    validate,
)
from lading.oci.artifact import EMPTY, layer_of
from lading.oci.config import Config
from lading.stores.store import Blobs

CHUNK_BYTES = 1024**2
DOCUMENT_BYTES = 4 * 1024**2
"""Larger manifests and configs are refused, as registries may (distribution-spec 1.1)."""

ATTACHED_BYTES = 64 * 1024**2
"""A larger document that is attached to an image is refused: it is read as a whole."""

REBUILD = "run `lading build` to make it again"


def read(blobs: Blobs, digest: Digest) -> Image:
    """The image whose manifest, or index, has `digest`. Raises what `Store.read` raises."""
    manifest = _manifest(blobs, digest)
    if Index.is_one(manifest):
        manifest = _document(blobs, _for_this_machine(Index.parse(manifest)))
    parsed = Manifest.parse(manifest)
    config = _document(blobs, parsed.config.digest)
    diff_ids = Config.parse(config).diff_ids
    if len(diff_ids) != len(parsed.layers):
        raise StoreError(
            where=f"image {digest}: config.rootfs.diff_ids: count",
            expected=str(len(parsed.layers)),
            came=str(len(diff_ids)),
        )
    pairs = zip(parsed.layers, diff_ids, strict=True)
    layers = tuple(_layer(blobs, descriptor, diff_id) for descriptor, diff_id in pairs)
    return Image(manifest, config, layers)


def write(blobs: Blobs, image: Image) -> None:
    """Add what is not there yet: layers, then config, then manifest.

    In this order, so that a manifest is never there without what it names.
    """
    validate.check(image)
    for layer in image.layers:
        if blobs.size(layer.descriptor.digest) != layer.descriptor.size:
            _copy(blobs, layer)
    for content in (image.config, image.manifest):
        if not _holds(blobs, content):
            with blobs.writer() as writer:
                writer.write(content)
                writer.commit(media_types.CONFIG)


def index(blobs: Blobs, digest: Digest) -> Index | None:
    """The index of that digest; None for an image. Raises what `Store.index` raises."""
    raw = _manifest(blobs, digest)
    return Index.parse(raw) if Index.is_one(raw) else None


def write_index(blobs: Blobs, wanted: Index) -> None:
    """Add an index. Raises what `Store.write_index` raises."""
    for one in wanted.manifests.values():
        read(blobs, one.digest)
    if not _holds(blobs, wanted.raw):
        with blobs.writer() as writer:
            writer.write(wanted.raw)
            writer.commit(wanted.media_type)


def shown(blobs: Blobs, digest: Digest) -> Digest:
    """The image to show for an index: this machine's, else the first there is.

    The index itself where it cannot be read: whoever reads that hears why.
    """
    try:
        found = index(blobs, digest)
    except StoreError:
        return digest
    if found is None or not found.manifests:
        return digest
    mine = found.manifest_for(platforms.of_this_machine())
    return (mine or next(iter(found.manifests.values()))).digest


def attach(blobs: Blobs, artifact: Artifact) -> None:
    """Add what an artifact is made of: its manifest last. Raises StoreError."""
    if not blobs.has(artifact.subject.digest):
        raise ImageNotFound(f"no image {artifact.subject.digest} to attach anything to")
    for content in (artifact.content, EMPTY, artifact.manifest):
        if not _holds(blobs, content):
            with blobs.writer() as writer:
                writer.write(content)
                writer.commit("")


def attached(blobs: Blobs, manifest: Digest) -> Artifact:
    """The artifact whose manifest has that digest. Raises DamagedBlob, StoreError."""
    raw = _document(blobs, manifest)
    return Artifact.parse(raw, _document(blobs, layer_of(raw).digest, ATTACHED_BYTES))


def damaged(where: str, expected: Digest, came: Digest) -> DamagedBlob:
    """The error for bytes at `where` whose digest is `came`."""
    return DamagedBlob("the bytes are damaged", where, str(expected), str(came), REBUILD)


def missing(blobs: Blobs, digest: Digest) -> StoreError:
    """The error for a blob that something names and the store does not have."""
    return StoreError(f"no blob {digest}", blobs.where(digest), todo=REBUILD)


def _manifest(blobs: Blobs, digest: Digest) -> bytes:
    if not blobs.has(digest):
        raise ImageNotFound(f"no image {digest}", todo="run `lading build`")
    return _document(blobs, digest)


def _for_this_machine(wanted: Index) -> Digest:
    here = platforms.of_this_machine()
    if found := wanted.manifest_for(here):
        return found.digest
    raise ImageNotFound(
        f"no image for {here}",
        f"index {wanted.digest}",
        came=", ".join(wanted.manifests) or "none at all",
        todo=f"run `lading build --platform {here}`",
    )


def _document(blobs: Blobs, digest: Digest, most_bytes: int = DOCUMENT_BYTES) -> bytes:
    """A manifest or config, or what is attached, checked against its digest."""
    with blobs.open(digest) as stream:
        content = stream.read(most_bytes + 1)
    if len(content) > most_bytes:
        came = f"{blobs.size(digest)} bytes"
        expected = f"a document of at most {most_bytes} bytes"
        raise StoreError(where=blobs.where(digest), expected=expected, came=came)
    if Digest.of(content) != digest:
        raise damaged(blobs.where(digest), digest, Digest.of(content))
    return content


def _layer(blobs: Blobs, descriptor: Descriptor, diff_id: Digest) -> Layer:
    size = blobs.size(descriptor.digest)
    if size != descriptor.size:
        raise DamagedBlob(
            "a layer is missing" if size is None else "a layer is damaged",
            blobs.where(descriptor.digest),
            expected=f"{descriptor.size} bytes",
            came="nothing" if size is None else f"{size} bytes",
            todo=REBUILD,
        )
    return Layer(descriptor, diff_id, partial(blobs.open, descriptor.digest))


def _copy(blobs: Blobs, layer: Layer) -> None:
    with layer.open() as source, blobs.writer() as writer:
        while chunk := source.read(CHUNK_BYTES):
            writer.write(chunk)
        writer.commit(layer.descriptor.media_type, layer.descriptor.digest)


def _holds(blobs: Blobs, content: bytes) -> bool:
    """Whether a document is stored, undamaged."""
    digest = Digest.of(content)
    if not blobs.has(digest):
        return False
    with blobs.open(digest) as stream:
        return stream.read(len(content) + 1) == content
