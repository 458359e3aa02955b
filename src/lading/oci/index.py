"""The index: one image for several platforms.

Source: OCI image specification 1.1, image-index.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lading.errors import StoreError
from lading.oci import media_types
from lading.oci.digest import Digest
from lading.oci.document import Document, shown
from lading.oci.image import NO_ANNOTATIONS, Descriptor
from lading.oci.manifest import annotations_of, descriptor

TYPES = (media_types.INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")


@dataclass(frozen=True)
class Index:
    """Manifests by platform ("linux/amd64", "linux/arm/v7"). The raw bytes are the truth."""

    raw: bytes
    manifests: Mapping[str, Descriptor] = field(compare=False)
    """What names no platform, or "unknown/unknown" as attestations do, is left out."""
    media_type: str = field(default=media_types.INDEX, compare=False)
    annotations: Mapping[str, str] = field(default_factory=lambda: NO_ANNOTATIONS, compare=False)

    @classmethod
    def of(
        cls, manifests: Mapping[str, Descriptor], annotations: Mapping[str, str] = NO_ANNOTATIONS
    ) -> Index:
        """Equal arguments give equal bytes, in whatever order a mapping has its keys."""
        ordered = dict(sorted(manifests.items()))
        document: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": media_types.INDEX,
            "manifests": [
                {**one.to_json(), "platform": _platform(name)} for name, one in ordered.items()
            ],
        }
        if annotations:
            document["annotations"] = dict(sorted(annotations.items()))
        raw = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        return cls(raw, ordered, media_types.INDEX, annotations)

    @classmethod
    def parse(cls, raw: bytes) -> Index:
        """Raises StoreError that names the field where `raw` is not an index."""
        document = Document.parse(raw, "index")
        media_type = document.text("mediaType") if document.has("mediaType") else media_types.INDEX
        if media_type not in TYPES:
            where, expected = document.at("mediaType"), shown(media_types.INDEX)
            raise StoreError(where=where, expected=expected, came=shown(media_type))
        found: dict[str, Descriptor] = {}
        for entry in document.children("manifests"):
            if name := _name(entry):
                # The first that fits is taken (image-index.md).
                found.setdefault(name, descriptor(entry))
        return cls(raw, found, media_type, annotations_of(document))

    @staticmethod
    def is_one(raw: bytes) -> bool:
        """Whether a document is an index rather than a manifest. Anything may be asked about."""
        try:
            document = Document.parse(raw, "manifest")
            told = document.text("mediaType") in TYPES if document.has("mediaType") else None
        except StoreError:
            return False
        # Whoever leaves the type out means the one that has manifests (image-index.md).
        return document.has("manifests") if told is None else told

    def manifest(self, platform: str) -> Descriptor:
        """The image for a platform. Raises StoreError, naming those there are."""
        if found := self.manifest_for(platform):
            return found
        there = ", ".join(self.manifests) or "none"
        raise StoreError(f"no image for {platform}", expected=platform, came=there)

    def manifest_for(self, platform: str) -> Descriptor | None:
        """The image for a platform, if there is one."""
        return self.manifests.get(platform) or self.manifests.get(f"{platform}/v8")

    @cached_property
    def digest(self) -> Digest:
        return Digest.of(self.raw)

    @cached_property
    def descriptor(self) -> Descriptor:
        return Descriptor.of(self.media_type, self.raw)


def _platform(name: str) -> dict[str, str]:
    system, architecture, *variant = name.split("/")
    platform = {"architecture": architecture, "os": system}
    return {**platform, "variant": variant[0]} if variant else platform


def _name(entry: Document) -> str:
    if not entry.has("platform"):
        return ""
    platform = entry.child("platform")
    system, architecture = platform.text("os"), platform.text("architecture")
    if "unknown" in (system, architecture):
        return ""
    variant = f"/{platform.text('variant')}" if platform.has("variant") else ""
    return f"{system}/{architecture}{variant}"
