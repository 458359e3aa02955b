"""A signature with all that is needed to check it: the bundle of sigstore, around an envelope.

Sources: sigstore/protobuf-specs, sigstore_bundle.proto; secure-systems-lab/dsse, envelope.md and
protocol.md; sigstore/cosign, specs/BUNDLE_SPEC.md for how an image has one attached. cosign 3
writes these and cosign 2.4 reads them.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass

from lading.bills.signatures.keys import PrivateKey, PublicKey
from lading.errors import SignatureError, StoreError
from lading.oci import Artifact, Descriptor
from lading.oci.annotations import MADE_AT
from lading.oci.document import Document

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_ANY_VERSION = "application/vnd.dev.sigstore.bundle"
_PAYLOAD = "application/vnd.in-toto+json"
_CONTENT = "dev.sigstore.bundle.content"
_PREDICATE = "dev.sigstore.bundle.predicateType"


@dataclass(frozen=True)
class Bundle:
    """An envelope: its payload, and signatures of it. Who signed is not known before checking."""

    payload: bytes
    payload_type: str
    signatures: tuple[bytes, ...]
    hint: str | None
    """What it calls the key by; None where it names a certificate."""
    raw: bytes

    @classmethod
    def parse(cls, raw: bytes, where: str) -> Bundle:
        """Raises SignatureError where it is no bundle around an envelope."""
        try:
            document = Document.parse(raw, where)
            envelope = document.child("dsseEnvelope")
            signatures = tuple(_bytes(x, "sig") for x in envelope.children("signatures"))
            material = document.child("verificationMaterial")
            hint = _hint(material.child("publicKey")) if material.has("publicKey") else None
            payload = _bytes(envelope, "payload")
            return cls(payload, envelope.text("payloadType"), signatures, hint, raw)
        except StoreError as error:
            raise SignatureError(error.problem, error.where, error.expected, error.came) from error

    def verified_by(self, key: PublicKey) -> bool:
        """Whether one of the signatures is this key's, over payload and type."""
        signed = _authenticated(self.payload, self.payload_type)
        return any(key.verifies(one, signed) for one in self.signatures)


def signed(payload: bytes, key: PrivateKey) -> bytes:
    """The bundle of a statement that is signed by a key, as JSON."""
    signature = key.sign(_authenticated(payload, _PAYLOAD))
    document = {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {"publicKey": {"hint": key.public.hint}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": _PAYLOAD,
            "signatures": [{"sig": base64.b64encode(signature).decode()}],
        },
    }
    return json.dumps(document, separators=(",", ":")).encode()


def attached_to(subject: Descriptor, raw: bytes, predicate_type: str, created: str) -> Artifact:
    """A bundle as an artifact; `created` is a time by RFC 3339."""
    annotations: Mapping[str, str] = {
        _CONTENT: "dsse-envelope",
        _PREDICATE: predicate_type,
        MADE_AT: created,
    }
    return Artifact.of(subject, MEDIA_TYPE, raw, annotations)


def is_bundle(artifact: Artifact) -> bool:
    """Of whatever version: those before 0.3 name it in another way."""
    return artifact.artifact_type.startswith(_ANY_VERSION)


def is_statement(bundle: Bundle) -> bool:
    """Whether what is signed is an in-toto statement."""
    return bundle.payload_type == _PAYLOAD


def _authenticated(payload: bytes, kind: str) -> bytes:
    """What is signed: DSSE's pre-authentication encoding (protocol.md)."""
    return b" ".join(
        (b"DSSEv1", b"%d" % len(kind.encode()), kind.encode(), b"%d" % len(payload), payload)
    )


def _hint(key: Document) -> str:
    return key.text("hint") if key.has("hint") else ""


def _bytes(part: Document, key: str) -> bytes:
    try:
        return base64.b64decode(part.text(key), validate=True)
    except binascii.Error as error:
        raise StoreError(where=part.at(key), expected="base64", came="other text") from error
