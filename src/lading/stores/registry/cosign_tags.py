"""Signatures under the tag at which cosign 1 and 2, skopeo and podman look for them.

What they are stands in `oci/cosign.py`. They are pushed as artifacts too, which is how a registry
lists them; under the tag they are together with what others have put there.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial

from lading.errors import NotInRegistry, RegistryError, StoreError
from lading.oci import Artifact, Descriptor, Manifest, cosign, media_types
from lading.stores.registry import downloads, manifests, uploads
from lading.stores.registry.manifests import Stated
from lading.stores.registry.repository import Repository
from lading.stores.registry.uploads import Source

_MOST = 500
_PAYLOAD_BYTES = 64 * 1024
"""A payload has some 300 bytes."""


def push(repository: Repository, artifacts: Sequence[Artifact]) -> None:
    """Gather the signatures among what is attached to one image; their payloads are there.

    Another client that does so at the same time may win: a tag has no lock. Raises RegistryError.
    """
    signatures = [one for one in artifacts if one.artifact_type == cosign.SIGNATURE]
    if not signatures:
        return
    tag = cosign.tag(signatures[0].subject.digest)
    made = cosign.gathered(signatures, _there(repository, tag))
    if made is None:
        return
    config = Source(
        Descriptor.of(media_types.CONFIG, made.config), partial(io.BytesIO, made.config)
    )
    uploads.upload(repository, config, None, lambda _: None)
    described = Descriptor.of(media_types.MANIFEST, made.manifest)
    manifests.put(repository, tag, Stated(described, made.manifest))


def pull(repository: Repository, subject: Descriptor) -> list[Artifact]:
    """The signatures of an image; what is none is left out. Raises RegistryError."""
    manifest = _there(repository, cosign.tag(subject.digest))
    if not manifest:
        return []
    payload = partial(downloads.small, repository, most_bytes=_PAYLOAD_BYTES)
    try:
        if len(Manifest.parse(manifest).layers) > _MOST:
            expected = f"at most {_MOST} signatures"
            raise RegistryError("is no list to go through", repository.where, expected, "more")
        return cosign.scattered(manifest, subject, payload)
    except (NotInRegistry, StoreError):
        return []


def _there(repository: Repository, tag: str) -> bytes:
    """The manifest under the tag; nothing where there is none."""
    try:
        return manifests.get(repository, tag).raw
    except NotInRegistry:
        return b""
