"""What an image says its layers were made of: so that who pulls it need not make them again.

Attached to an image when it is pushed. It is the word of who pushed it, as the image is; so it
counts for just the service whose image it is, and no layer of it gets into another's by its key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from lading.building.layers.blob import Blob
from lading.errors import LadingError
from lading.oci import Artifact, Descriptor, Digest, Image, Layer, Reference
from lading.oci.annotations import UNPACKED
from lading.oci.document import Document
from lading.stores.layout import Layout

TYPE = "application/vnd.lading.layers.v1+json"


def of(image: Image, keys: Mapping[Digest, str]) -> Artifact:
    """The claim that layers, by digest, have those keys: the same bytes for the same claim."""
    layers = [
        {"digest": str(one.descriptor.digest), "key": keys[one.descriptor.digest]}
        for one in image.layers
        if one.descriptor.digest in keys
    ]
    content = json.dumps({"layers": layers}, separators=(",", ":")).encode()
    return Artifact.of(image.descriptor, TYPE, content)


def read(store: Layout, name: Reference) -> dict[str, Blob]:
    """Layers of the image of that name, by the keys that it claims; none where it claims none."""
    try:
        # An index's claims are those of this machine's image.
        image = store.read(name)
        layers = {one.descriptor.digest: one for one in image.layers}
        return {
            key: blob
            for artifact in store.attached(image.digest)
            if artifact.artifact_type == TYPE
            for digest, key in _claimed(artifact.content)
            if digest in layers and (blob := _blob(layers[digest]))
        }
    except LadingError:
        return {}


def _claimed(content: bytes) -> list[tuple[Digest, str]]:
    entries = Document.parse(content, "layers").children("layers")
    return [(Digest.parse(one.text("digest")), one.text("key")) for one in entries]


def _blob(layer: Layer) -> Blob | None:
    # Its size unpacked is part of the image's digest: it has to be what it was for who made it.
    size = layer.descriptor.annotations.get(UNPACKED, "")
    if not (size.isascii() and size.isdigit()):
        return None
    bare = layer.descriptor
    descriptor = Descriptor(bare.media_type, bare.digest, bare.size)
    return Blob(descriptor, layer.diff_id, int(size))
