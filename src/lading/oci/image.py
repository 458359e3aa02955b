"""The image as a frozen value: raw manifest and config bytes, and layers that can be opened.

The raw bytes are the truth; every parsed view derives from them, so nothing that was read is ever
written back differently.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, BinaryIO

from lading.oci import media_types
from lading.oci.digest import Digest

NO_ANNOTATIONS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Descriptor:
    """What some content is: media type, digest, size in bytes."""

    media_type: str
    digest: Digest
    size: int
    annotations: Mapping[str, str] = field(default_factory=lambda: NO_ANNOTATIONS, hash=False)

    @classmethod
    def of(cls, media_type: str, content: bytes) -> Descriptor:
        return cls(media_type, Digest.of(content), len(content))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Descriptor:
        return cls(
            document["mediaType"],
            Digest.parse(document["digest"]),
            document["size"],
            document.get("annotations", NO_ANNOTATIONS),
        )

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "mediaType": self.media_type,
            "digest": str(self.digest),
            "size": self.size,
        }
        if self.annotations:
            document["annotations"] = dict(self.annotations)
        return document


@dataclass(frozen=True)
class Layer:
    """A layer: its descriptor (of the bytes as stored), its diff ID, and a way to open it.

    `diff_id` is the digest of the uncompressed tar. `open` gives the stored bytes from the start.
    """

    descriptor: Descriptor
    diff_id: Digest
    open: Callable[[], BinaryIO] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Image:
    """An OCI image. Two images are equal when their manifests are."""

    manifest: bytes
    config: bytes = field(compare=False)
    layers: tuple[Layer, ...] = field(compare=False)

    @cached_property
    def digest(self) -> Digest:
        """The digest of the manifest: the image's identity."""
        return Digest.of(self.manifest)

    @cached_property
    def descriptor(self) -> Descriptor:
        # By its own word: Docker's images keep Docker's types.
        media_type = json.loads(self.manifest).get("mediaType", media_types.MANIFEST)
        return Descriptor.of(media_type, self.manifest)

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The parsed config document (image-spec config.md)."""
        document: Mapping[str, Any] = json.loads(self.config)
        return document

    @property
    def size(self) -> int:
        """Bytes to store or send: manifest, config and layers as they are stored."""
        return len(self.manifest) + len(self.config) + sum(x.descriptor.size for x in self.layers)
