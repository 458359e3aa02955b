"""Signing an image and its bills: what is made is attached to the image in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lading.bills import claims
from lading.bills.signatures import bundle, simple, statement
from lading.bills.signatures.bundle import Bundle
from lading.bills.signatures.keys import PrivateKey
from lading.bills.signatures.statement import Statement
from lading.errors import SignatureError
from lading.oci import Artifact, Descriptor, Digest, Index, Reference
from lading.stores.store import Store


class Signer(Protocol):
    """A key, or an identity."""

    @property
    def who(self) -> str:
        """In words: "key 1f2e3d4c5b6a"."""
        ...

    def bundle(self, payload: bytes) -> bytes:
        """The signed statement. Raises SignatureError."""
        ...

    def simple(self, subject: Descriptor, reference: str, seconds: int) -> Artifact | None:
        """What skopeo and podman verify; None where they could not."""
        ...

    def made(self, artifact: Artifact) -> bool:
        """Whether an attached signature is this signer's own; False where that cannot be told."""
        ...


@dataclass(frozen=True)
class KeySigner:
    """Satisfies `Signer`."""

    key: PrivateKey

    @property
    def who(self) -> str:
        return f"key {self.key.public.short}"

    def bundle(self, payload: bytes) -> bytes:
        return bundle.signed(payload, self.key)

    def simple(self, subject: Descriptor, reference: str, seconds: int) -> Artifact | None:
        return simple.signed(subject, reference, seconds, self.key)

    def made(self, artifact: Artifact) -> bool:
        if simple.is_simple(artifact):
            return simple.verified_by(artifact, self.key.public)
        raw = Bundle.parse(artifact.content, f"signature {artifact.digest}")
        return raw.verified_by(self.key.public)


@dataclass(frozen=True)
class Signing:
    """How to sign."""

    store: Store
    signer: Signer
    reference: str
    """Where the image is to be, as podman and skopeo will ask for it."""
    now: datetime
    made_here: Callable[[Artifact], bool] = lambda _: True
    """Whether a claim of what layers were made of is this machine's own: others', which a pull may
    have brought, are not signed."""


@dataclass(frozen=True)
class Signed:
    """What was signed of an image."""

    image: Digest
    made: tuple[str, ...]
    """In words: "image", "provenance"."""
    already: tuple[str, ...]
    """What the same signer had signed before, and nothing was made for."""


def of_name(store: Store, name: Reference | Digest) -> list[Descriptor]:
    """What a name stands for: an image, or an index and each of its images that is there.

    An index is signed as a whole, for who names it, and each image, for who runs one. Raises what
    `Store.index` raises.
    """
    index = store.index(name)
    if index is None:
        return [store.read(name).descriptor]
    return [index.descriptor, *_images(store, index)]


def sign(signing: Signing, subject: Descriptor) -> Signed:
    """Sign what `subject` names and each of its bills. Raises SignatureError, StoreError.

    What the same signer has signed is not signed again: the store does not grow.
    """
    attached = signing.store.attached(subject.digest)
    own = [x for x in attached if _is_own(x, signing.signer)]
    made: list[str] = []
    already: list[str] = []
    for what, artifact in _wanted(signing, subject, attached, own):
        if artifact:
            signing.store.attach(artifact)
        (made if artifact else already).append(what)
    return Signed(subject.digest, tuple(dict.fromkeys(made)), tuple(dict.fromkeys(already)))


def kind_of(bill: Artifact) -> str:
    """What a bill is, in a word."""
    if claims.is_one(bill):
        return "layers"
    return "provenance" if bill.artifact_type == statement.IN_TOTO else "SBOM"


def _wanted(
    signing: Signing, subject: Descriptor, attached: list[Artifact], own: list[Artifact]
) -> Iterator[tuple[str, Artifact | None]]:
    """Each thing to sign and its signature; None for one that the signer has signed."""
    if any(_says(x, subject.digest, signing.reference) for x in own if simple.is_simple(x)):
        yield "image", None
    else:
        seconds = int(signing.now.timestamp())
        made = signing.signer.simple(subject, signing.reference, seconds)
        if made:
            yield "image", made
    payloads = {_payload(x) for x in own if bundle.is_bundle(x)}
    wanted = [("image", statement.of_image(subject.digest))]
    for bill in attached:
        if claims.is_one(bill) and not signing.made_here(bill):
            continue
        payload = statement.of_bill(bill)
        if payload and Statement.parse(payload).may_be_signed_for(subject.digest):
            wanted.append((kind_of(bill), payload))
    for what, payload in wanted:
        yield what, None if payload in payloads else _bundle(signing, subject, payload)


def _bundle(signing: Signing, subject: Descriptor, payload: bytes) -> Artifact:
    created = signing.now.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    kind = Statement.parse(payload).predicate_type
    return bundle.attached_to(subject, signing.signer.bundle(payload), kind, created)


def _images(store: Store, index: Index) -> Iterator[Descriptor]:
    for one in index.manifests.values():
        if store.blobs.has(one.digest):
            yield Descriptor(one.media_type, one.digest, one.size)


def _is_own(artifact: Artifact, signer: Signer) -> bool:
    if not (simple.is_simple(artifact) or bundle.is_bundle(artifact)):
        return False
    try:
        return signer.made(artifact)
    except SignatureError:
        return False


def _says(artifact: Artifact, image: Digest, reference: str) -> bool:
    payload = simple.Payload.parse(artifact.content)
    return (payload.image, payload.reference) == (image, reference)


def _payload(artifact: Artifact) -> bytes:
    return Bundle.parse(artifact.content, f"signature {artifact.digest}").payload
