"""What is said of an image: an in-toto statement.

Source: in-toto attestation framework, spec/v1/statement.md. A signature of cosign 3 is one with an
empty predicate; a bill is one whose predicate is the provenance, or the list of what is inside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lading.errors import SignatureError, StoreError
from lading.oci import Artifact, Digest, media_types
from lading.oci.document import Document

IN_TOTO = media_types.IN_TOTO
TYPE = "https://in-toto.io/Statement/v1"
SIGNATURE = "https://sigstore.dev/cosign/sign/v1"
"""The predicate type of a signature (sigstore/cosign, pkg/types/predicate.go)."""
_PREDICATES = {
    media_types.CYCLONEDX: "https://cyclonedx.org/bom",
    media_types.SPDX: "https://spdx.dev/Document",
}


@dataclass(frozen=True)
class Statement:
    """Read from a payload, which is what is signed."""

    predicate_type: str
    subjects: frozenset[str]
    """SHA-256 in hexadecimal digits."""
    predicate: Mapping[str, Any]

    @classmethod
    def parse(cls, payload: bytes) -> Statement:
        """Raises SignatureError where it is no statement."""
        try:
            document = Document.parse(payload, "statement")
            digests = [x.mapping("digest", str) for x in document.children("subject")]
            predicate = document.child("predicate").fields if document.has("predicate") else {}
            subjects = frozenset(x["sha256"] for x in digests if "sha256" in x)
            return cls(document.text("predicateType"), subjects, predicate)
        except StoreError as error:
            raise SignatureError(error.problem, error.where, error.expected, error.came) from error

    def may_be_signed_for(self, image: Digest) -> bool:
        """Whether it says something of this image and of no other, and is itself no signature.

        By one of several subjects, who attaches it to what somebody signs would have that name put
        to images that the signer never saw.
        """
        return self.subjects == {image.hex} and self.predicate_type != SIGNATURE

    def is_about(self, image: Digest) -> bool:
        return image.hex in self.subjects


def of_image(image: Digest) -> bytes:
    """The payload of an image's signature."""
    return _encoded(image, SIGNATURE, {})


def of_bill(bill: Artifact) -> bytes | None:
    """The payload of a bill's signature; None for what is no bill.

    A statement is its own; a list of what is inside becomes the predicate of one.
    """
    if bill.artifact_type == media_types.IN_TOTO:
        return bill.content if _is_statement(bill.content) else None
    if bill.artifact_type not in _PREDICATES:
        return None
    try:
        predicate = json.loads(bill.content)
    except ValueError as error:
        raise SignatureError("not JSON", f"bill {bill.digest}") from error
    return _encoded(bill.subject.digest, _PREDICATES[bill.artifact_type], predicate)


def _is_statement(content: bytes) -> bool:
    try:
        Statement.parse(content)
    except SignatureError:
        return False
    return True


def _encoded(image: Digest, predicate_type: str, predicate: object) -> bytes:
    document = {
        "_type": TYPE,
        "subject": [{"digest": {"sha256": image.hex}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
