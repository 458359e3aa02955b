"""The manifest: which config and which layers make an image.

Source: OCI image specification 1.1, manifest.md and schema/image-manifest-schema.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lading.errors import StoreError
from lading.oci import media_types
from lading.oci.digest import Digest
from lading.oci.document import Document, shown
from lading.oci.image import NO_ANNOTATIONS, Descriptor

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w!#$&^.+-]{0,126}/[A-Za-z0-9][\w!#$&^.+-]{0,126}\Z", re.A)


@dataclass(frozen=True)
class Manifest:
    """The parsed view of a manifest's bytes."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=lambda: NO_ANNOTATIONS)

    @classmethod
    def parse(cls, raw: bytes) -> Manifest:
        """Raises StoreError that names the field where `raw` is not an image manifest."""
        document = Document.parse(raw, "manifest")
        _expect(document, "schemaVersion", document.whole("schemaVersion"), 2)
        if document.has("mediaType"):
            _expect_type(document)
        return cls(
            descriptor(document.child("config")),
            tuple(descriptor(layer) for layer in document.children("layers")),
            annotations_of(document),
        )

    def encode(self) -> bytes:
        """The same bytes for the same manifest: no spaces, fields in a fixed order."""
        document: dict[str, object] = {
            "schemaVersion": 2,
            "mediaType": media_types.MANIFEST,
            "config": self.config.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
        }
        if self.annotations:
            document["annotations"] = dict(sorted(self.annotations.items()))
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def descriptor(document: Document) -> Descriptor:
    """Read a descriptor (descriptor.md). Raises StoreError that names the field."""
    media_type, size = document.text("mediaType"), document.whole("size")
    if not _MEDIA_TYPE.match(media_type):
        raise StoreError(
            where=document.at("mediaType"), expected="a media type", came=shown(media_type)
        )
    if size < 0:
        raise StoreError(where=document.at("size"), expected="0 or more", came=str(size))
    name = digest(document.text("digest"), document.at("digest"))
    return Descriptor(media_type, name, size, annotations_of(document))


def digest(text: str, path: str) -> Digest:
    """Read a digest that stands at `path` of a document. Raises StoreError that names the path."""
    try:
        return Digest.parse(text)
    except StoreError as error:
        raise StoreError(where=path, expected=error.expected, came=shown(text)) from error


def annotations_of(document: Document) -> Mapping[str, str]:
    """An object's annotations (annotations.md), none when it has none."""
    return document.mapping("annotations", str) if document.has("annotations") else NO_ANNOTATIONS


def _expect_type(document: Document) -> None:
    if document.text("mediaType") not in media_types.MANIFESTS:
        _expect(document, "mediaType", document.text("mediaType"), media_types.MANIFEST)


def _expect(document: Document, key: str, came: object, expected: object) -> None:
    if came != expected:
        raise StoreError(where=document.at(key), expected=shown(expected), came=shown(came))
