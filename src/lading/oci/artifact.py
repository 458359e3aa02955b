"""Something said of an image: one document, in a manifest that names the image as its subject.

Source: OCI image specification 1.1, manifest.md, "Guidelines for Artifact Usage", second case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from lading.errors import StoreError
from lading.oci import media_types
from lading.oci.digest import Digest
from lading.oci.document import Document
from lading.oci.image import NO_ANNOTATIONS, Descriptor
from lading.oci.manifest import annotations_of, descriptor

EMPTY = b"{}"
"""The bytes of every artifact's config."""


@dataclass(frozen=True)
class Artifact:
    """A document about `subject`. Two artifacts are equal when their manifests are.

    Registries list it among the subject's referrers, scanners find it there by `artifact_type`.
    """

    manifest: bytes
    content: bytes = field(compare=False, repr=False)
    artifact_type: str = field(compare=False)
    """What it says: a media type."""
    subject: Descriptor = field(compare=False)
    """The manifest, or index, that it is about."""
    annotations: Mapping[str, str] = field(default_factory=lambda: NO_ANNOTATIONS, compare=False)

    @classmethod
    def of(
        cls,
        subject: Descriptor,
        artifact_type: str,
        content: bytes,
        annotations: Mapping[str, str] = NO_ANNOTATIONS,
        media_type: str = "",
        content_annotations: Mapping[str, str] = NO_ANNOTATIONS,
    ) -> Artifact:
        """`media_type` is the content's own, where it is another than `artifact_type`.

        `content_annotations` stand in the content's descriptor: `layer_of(manifest)` gives them.
        """
        described = replace(
            Descriptor.of(media_type or artifact_type, content),
            annotations=dict(sorted(content_annotations.items())),
        )
        document: dict[str, object] = {
            "schemaVersion": 2,
            "mediaType": media_types.MANIFEST,
            "artifactType": artifact_type,
            "config": Descriptor.of(media_types.EMPTY, EMPTY).to_json(),
            "layers": [described.to_json()],
            "subject": Descriptor(subject.media_type, subject.digest, subject.size).to_json(),
        }
        if annotations:
            document["annotations"] = dict(sorted(annotations.items()))
        manifest = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        return cls(manifest, content, artifact_type, subject, annotations)

    @classmethod
    def parse(cls, manifest: bytes, content: bytes) -> Artifact:
        """Raises StoreError where `manifest` is not one of `content` alone."""
        layer, document = layer_of(manifest), Document.parse(manifest, "manifest")
        if Digest.of(content) != layer.digest:
            came = str(Digest.of(content))
            raise StoreError(where="manifest.layers[0]", expected=str(layer.digest), came=came)
        # Where there is no artifactType, the config's type says it (manifest.md).
        told = document.has("artifactType")
        kind = document.text("artifactType") if told else document.child("config").text("mediaType")
        subject = descriptor(document.child("subject"))
        return cls(manifest, content, kind, subject, annotations_of(document))

    @cached_property
    def digest(self) -> Digest:
        """The digest of its manifest."""
        return Digest.of(self.manifest)

    @cached_property
    def descriptor(self) -> Descriptor:
        """Of its manifest."""
        return Descriptor.of(media_types.MANIFEST, self.manifest)


def layer_of(manifest: bytes) -> Descriptor:
    """What holds the document. Raises StoreError where it is not exactly one."""
    layers = Document.parse(manifest, "manifest").children("layers")
    if len(layers) != 1:
        raise StoreError(where="manifest.layers", expected="one", came=str(len(layers)))
    return descriptor(layers[0])
