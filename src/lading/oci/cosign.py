"""Signatures as cosign 1 and 2 keep them: payloads in one image, tagged by the digest of another.

Source: sigstore/cosign, specs/SIGNATURE_SPEC.md. skopeo, podman, CRI-O, policy-controller and
Kyverno look there. In a store each of them is an artifact of its own, as cosign's "OCI 1.1" mode
keeps them; a push gathers those of an image under the tag, a pull takes them apart again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from lading.oci import media_types
from lading.oci.artifact import Artifact, layer_of
from lading.oci.digest import Digest
from lading.oci.image import Descriptor
from lading.oci.manifest import Manifest

SIGNATURE = "application/vnd.dev.cosign.artifact.sig.v1+json"
"""The type of an artifact that is one signature."""
PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
"""The type of what is signed."""
SIGNED = "dev.cosignproject.cosign/signature"
"""Annotation of a payload's descriptor: the signature, in base64."""


@dataclass(frozen=True)
class Gathered:
    """An image of signatures: what to push besides the payloads, which are its layers."""

    manifest: bytes
    config: bytes


def tag(image: Digest) -> str:
    """Where the signatures of an image lie, in its own repository."""
    return f"sha256-{image.hex}.sig"


def signature(subject: Descriptor, payload: bytes, signed: str) -> Artifact:
    """One signature of `subject`; `signed` is in base64."""
    return Artifact.of(
        subject, SIGNATURE, payload, media_type=PAYLOAD, content_annotations={SIGNED: signed}
    )


def gathered(signatures: Iterable[Artifact], before: bytes = b"") -> Gathered | None:
    """What to put under the tag, where the manifest `before` lies; None where it may stay.

    Signatures that others put there remain. Raises StoreError where `before` is no manifest.
    """
    earlier = Manifest.parse(before).layers if before else ()
    layers = list(earlier)
    for one in signatures:
        layer = layer_of(one.manifest)
        if one.artifact_type == SIGNATURE and not any(_same(layer, x) for x in layers):
            layers.append(layer)
    if len(layers) == len(earlier):
        return None
    config = _config(layers)
    described = Descriptor.of(media_types.CONFIG, config)
    return Gathered(Manifest(described, tuple(layers)).encode(), config)


def scattered(
    manifest: bytes, subject: Descriptor, payload: Callable[[Descriptor], bytes]
) -> list[Artifact]:
    """The signatures under the tag of `subject`. `payload` reads one; others' kinds are left out.

    Raises StoreError where `manifest` is not one, and what `payload` raises.
    """
    bare = replace(subject, annotations={})
    return [
        Artifact.of(
            bare,
            SIGNATURE,
            payload(layer),
            media_type=PAYLOAD,
            content_annotations=layer.annotations,
        )
        for layer in Manifest.parse(manifest).layers
        if layer.media_type == PAYLOAD and SIGNED in layer.annotations
    ]


def _same(one: Descriptor, other: Descriptor) -> bool:
    return one.digest == other.digest and one.annotations == other.annotations


def _config(layers: list[Descriptor]) -> bytes:
    """An image's config that runs nothing; readers hold its diff IDs against the layers."""
    diff_ids = [str(layer.digest) for layer in layers]
    document = {
        "architecture": "",
        "os": "",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }
    return json.dumps(document, separators=(",", ":")).encode()
