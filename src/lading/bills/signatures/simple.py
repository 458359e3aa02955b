"""What skopeo, podman and cosign 1 and 2 sign: the digest of an image, and where it is to be.

Sources: containers/image, docs/containers-signature.5.md, "JSON data format"; sigstore/cosign,
specs/SIGNATURE_SPEC.md, "Simple Signing".
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from lading import __version__
from lading.bills.signatures.keys import PrivateKey, PublicKey
from lading.errors import SignatureError, StoreError
from lading.oci import Artifact, Descriptor, Digest, cosign
from lading.oci.artifact import layer_of
from lading.oci.document import Document

_TYPE = "cosign container image signature"


@dataclass(frozen=True)
class Payload:
    """What was signed."""

    image: Digest
    reference: str
    """Where the image is to be: podman and skopeo hold it against where they pull from."""

    @classmethod
    def parse(cls, raw: bytes) -> Payload:
        """Raises SignatureError where it is not one of an image."""
        try:
            critical = Document.parse(raw, "payload").child("critical")
            if critical.text("type") != _TYPE:
                where, came = critical.at("type"), critical.text("type")
                raise StoreError(where=where, expected=_TYPE, came=came)
            digest = Digest.parse(critical.child("image").text("docker-manifest-digest"))
            return cls(digest, critical.child("identity").text("docker-reference"))
        except StoreError as error:
            raise SignatureError(error.problem, error.where, error.expected, error.came) from error


def signed(subject: Descriptor, reference: str, seconds: int, key: PrivateKey) -> Artifact:
    """An image's signature; `seconds` are those since 1970 at which it was made."""
    document = {
        "critical": {
            "identity": {"docker-reference": reference},
            "image": {"docker-manifest-digest": str(subject.digest)},
            "type": _TYPE,
        },
        "optional": {"creator": f"lading {__version__}", "timestamp": seconds},
    }
    payload = json.dumps(document, separators=(",", ":")).encode()
    signature = base64.b64encode(key.sign(payload)).decode()
    return cosign.signature(subject, payload, signature)


def is_simple(artifact: Artifact) -> bool:
    """Whether an attached document is a signature in this form."""
    return artifact.artifact_type == cosign.SIGNATURE


def is_keyless(artifact: Artifact) -> bool:
    """Whether it names a certificate instead of a key."""
    return "dev.sigstore.cosign/certificate" in layer_of(artifact.manifest).annotations


def verified_by(artifact: Artifact, key: PublicKey) -> bool:
    """Whether it is this key's signature of its payload. Says nothing of what the payload says."""
    text = layer_of(artifact.manifest).annotations.get(cosign.SIGNED, "")
    try:
        return key.verifies(base64.b64decode(text, validate=True), artifact.content)
    except binascii.Error:
        return False
