"""What is known of an image in a registry before, and after, its bytes are moved."""

from __future__ import annotations

from dataclasses import dataclass

from lading.oci import Descriptor, Digest
from lading.oci.location import Location


@dataclass(frozen=True)
class Described:
    """An image without its layers. Both documents are held to their digests."""

    root: Descriptor
    """What the name leads to: an index, or the image itself."""
    descriptor: Descriptor
    """Of the manifest of the image for the platform that was asked for."""
    manifest: bytes
    config: bytes


@dataclass(frozen=True)
class Pushed:
    """An image, or an index, that is in a registry now. Sizes are bytes."""

    location: Location
    """With its digest."""
    size: int
    """Of all blobs that it needs, each once."""
    sent: int
    """Of those that were uploaded."""
    mounted: int
    """Of those that another repository of the registry had."""
    attached: int
    """Documents about it that went with it."""

    @property
    def digest(self) -> Digest:
        """Of the manifest, or index."""
        assert self.location.digest
        return self.location.digest
