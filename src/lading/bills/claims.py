"""What an image's layers were made of, as a statement beside the image: for who pulls it.

An in-toto statement with a predicate of our own, the same bytes for the same image and inputs, so
that it is attached once however often the image is built. `lading sign` signs it like a bill.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lading.bills import keeping
from lading.bills.bill import PREDICATE, STATEMENT, encoded
from lading.building.build import Built
from lading.building.layers.cache import LayerCache
from lading.building.layers.claims import Claim
from lading.errors import LadingError, SignatureError, StoreError
from lading.oci import Artifact, Digest, Image, media_types
from lading.oci.document import Document
from lading.stores.store import Store

if TYPE_CHECKING:
    from lading.bills.signatures.trust import Trust

LAYERS = "https://lading.io/layers/v1"
"""The predicate's type: `{"layers": [{"digest": {"sha256": …}, "key": …}]}`, lowest first."""

MOST = 3
"""Claims of one image: each version of Lading calls the same layer by another key."""


def keep(store: Store, built: Built) -> None:
    """Attach to an image what its layers were made of here, unless that is there; the oldest of
    many such is let go. Raises StoreError."""
    keys = [one.key for one in built.layers if one.key]
    if len(keys) == len(built.layers):
        artifact = statement(built.image, keys)
        if not store.blobs.has(artifact.digest):
            _let_go(store, built.image.digest)
            store.attach(artifact)


def _let_go(store: Store, image: Digest) -> None:
    there = store.attached(image)
    surplus = [one for one in there if is_one(one)][: 1 - MOST]
    for artifact in (*surplus, *keeping.signatures_of(there, {one.content for one in surplus})):
        store.detach(artifact)


def statement(image: Image, keys: Sequence[str]) -> Artifact:
    """The claim that an image's layers, lowest first, have those keys."""
    pairs = zip(image.layers, keys, strict=True)
    layers = [{"digest": {"sha256": one.descriptor.digest.hex}, "key": key} for one, key in pairs]
    document = {
        "_type": STATEMENT,
        "subject": [{"digest": {"sha256": image.digest.hex}}],
        "predicateType": LAYERS,
        "predicate": {"layers": layers},
    }
    content = encoded(document)
    return Artifact.of(image.descriptor, media_types.IN_TOTO, content, {PREDICATE: LAYERS})


def is_one(artifact: Artifact) -> bool:
    """Whether it is a claim, by its content."""
    return artifact.artifact_type == media_types.IN_TOTO and _layers(artifact.content) is not None


def is_own(artifact: Artifact, layers: LayerCache) -> bool:
    """Whether all of a claim is what was made here: the only one to put one's name to."""
    read = _read(artifact.content, artifact.subject.digest)
    found = [(digest, layers.find(key)) for digest, key in read]
    return bool(found) and all(blob and blob.descriptor.digest == x for x, blob in found)


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
    """Layers and keys of a claim about an image; nothing where it is not one."""
    layers = _layers(payload)
    if layers is None or image.hex not in _subjects(payload):
        return []
    try:
        return [(_sha256(one), one.text("key")) for one in layers]
    except StoreError:
        return []


def _layers(payload: bytes) -> list[Document] | None:
    try:
        document = Document.parse(payload, "statement")
        if document.text("predicateType") != LAYERS:
            return None
        return document.child("predicate").children("layers")
    except StoreError:
        return None


def _subjects(payload: bytes) -> set[str]:
    try:
        subjects = Document.parse(payload, "statement").children("subject")
        return {one.child("digest").text("sha256") for one in subjects}
    except StoreError:
        return set()


def _sha256(layer: Document) -> Digest:
    return Digest.parse(f"sha256:{layer.child('digest').text('sha256')}")
