"""What an image's layers were made of, as a statement beside the image: for who pulls it.

An in-toto statement with a predicate of our own, the same bytes for the same image and inputs, so
that it is attached once however often the image is built. `lading sign` signs it like a bill.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from lading.bills.bill import PREDICATE, STATEMENT, encoded
from lading.building.build import Built
from lading.building.layers.claims import Claim
from lading.errors import LadingError, SignatureError, StoreError
from lading.oci import Artifact, Digest, Image, media_types
from lading.oci.document import Document
from lading.stores.store import Store

if TYPE_CHECKING:
    from lading.bills.signatures.trust import Trust

LAYERS = "https://lading.io/layers/v1"
"""The predicate's type: `{"layers": [{"digest": {"sha256": …}, "key": …}]}`, lowest first."""


def keep(store: Store, built: Built) -> None:
    """Attach to an image what its layers were made of here, unless that is there. Raises
    StoreError."""
    keys = {one.descriptor.digest: one.key for one in built.layers if one.key}
    if len(keys) == len(built.layers):
        artifact = statement(built.image, keys)
        if not store.blobs.has(artifact.digest):
            store.attach(artifact)


def statement(image: Image, keys: Mapping[Digest, str]) -> Artifact:
    """The claim that layers, by digest, have those keys."""
    document = {
        "_type": STATEMENT,
        "subject": [{"digest": {"sha256": image.digest.hex}}],
        "predicateType": LAYERS,
        "predicate": {
            "layers": [
                {"digest": {"sha256": one.descriptor.digest.hex}, "key": keys[x]}
                for one in image.layers
                if (x := one.descriptor.digest) in keys
            ]
        },
    }
    content = encoded(document)
    return Artifact.of(image.descriptor, media_types.IN_TOTO, content, {PREDICATE: LAYERS})


def of(store: Store, image: Image, trust: Trust | None = None) -> Claim:
    """What is said of an image's layers: by anybody, or else only what `trust` says was signed.

    What cannot be read says nothing.
    """
    try:
        attached = store.attached(image.digest)
    except LadingError:
        attached = []
    payloads = _said(attached) if trust is None else _signed(attached, trust)
    keys: defaultdict[Digest, set[str]] = defaultdict(set)
    for payload in payloads:
        for digest, key in _read(payload, image.digest):
            keys[digest].add(key)
    return Claim(image, {digest: frozenset(found) for digest, found in keys.items()})


def _said(attached: Iterable[Artifact]) -> list[bytes]:
    return [one.content for one in attached if one.artifact_type == media_types.IN_TOTO]


def _signed(attached: Iterable[Artifact], trust: Trust) -> list[bytes]:
    # Imported where signatures count: it brings cryptography.
    from lading.bills.signatures import bundle
    from lading.bills.signatures.bundle import Bundle

    found = []
    for one in attached:
        try:
            if bundle.is_bundle(one) and bundle.is_statement(raw := Bundle.parse(one.content, "")):
                found += [raw.payload] if trust.bundle(raw).who else []
        except SignatureError:
            continue
    return found


def _read(payload: bytes, image: Digest) -> list[tuple[Digest, str]]:
    try:
        document = Document.parse(payload, "statement")
        if document.text("predicateType") != LAYERS:
            return []
        subjects = [one.mapping("digest", str) for one in document.children("subject")]
        if image.hex not in {one.get("sha256") for one in subjects}:
            return []
        layers = document.child("predicate").children("layers")
        return [(Digest(one.mapping("digest", str)["sha256"]), one.text("key")) for one in layers]
    except (StoreError, KeyError, ValueError):
        return []
