"""Whether an image and its bills are signed by somebody who is trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lading import bills
from lading.bills import claims
from lading.bills.bill import Bill, is_provenance
from lading.bills.signatures import bundle, simple, statement
from lading.bills.signatures.bundle import Bundle
from lading.bills.signatures.signing import kind_of
from lading.bills.signatures.statement import Statement
from lading.bills.signatures.trust import Trust
from lading.errors import NotSigned, SignatureError
from lading.oci import Artifact, Digest
from lading.stores.store import Store

_COMMIT = 12
"""Hexadecimal digits of a commit."""


@dataclass(frozen=True)
class Check:
    """Of the image, or of one of its bills."""

    image: Digest
    what: str
    """"image", "provenance" or "SBOM"."""
    who: tuple[str, ...]
    """Those trusted who signed it; empty where nobody did."""
    why: tuple[str, ...]
    """Why signatures of it do not count."""
    of: str = ""
    """Of a provenance: its build, by commit and time."""
    counts: bool = True
    """Whether it must hold. What is beside the newest bill need not: bills of earlier builds, and
    lists that others attached, which `lading bill` and `lading audit` do not go by."""

    @property
    def holds(self) -> bool:
        return bool(self.who)

    @property
    def passes(self) -> bool:
        return self.holds or not self.counts

    @property
    def reason(self) -> str:
        """Why it does not hold. What says less than another reason is left out."""
        most = [x for x in self.why if not any(y != x and y.startswith(x) for y in self.why)]
        return "; ".join(most) or "not signed"


@dataclass(frozen=True)
class _Found:
    """A signature: what it is of, if that can be told, and who made it."""

    statement: Statement | None
    """None for the simple form, which is only ever of an image."""
    payload: bytes
    who: str
    why: str

    @property
    def is_of_image(self) -> bool:
        return self.statement is None or self.statement.predicate_type == statement.SIGNATURE


def checks(store: Store, image: Digest, trust: Trust) -> list[Check]:
    """Of the image first, then of each bill attached to it. Raises StoreError."""
    attached = store.attached(image)
    newest = bills.of(store, image)
    shown = (newest.provenance, newest.sbom) if newest else ()
    found = list(_found(attached, image, trust))
    made = [_check(image, "image", [x for x in found if x.is_of_image])]
    # What layers were made of is no bill: unsigned it says nothing to who names keys.
    for bill in (x for x in attached if not claims.is_one(x)):
        try:
            payload = statement.of_bill(bill)
        except SignatureError as error:
            made.append(Check(image, kind_of(bill), (), (str(error),)))
            continue
        if payload is not None:
            check = _of_bill(image, kind_of(bill), payload, found)
            is_beside = bill.content not in shown and Statement.parse(payload).is_about(image)
            made.append(replace(check, of=_build(bill), counts=not is_beside))
    return made


def _build(bill: Artifact) -> str:
    if not is_provenance(bill):
        return ""
    origin = Bill(bill.subject, bill.content, b"").origin
    when = origin.finished.replace("T", " ").replace("Z", " UTC")
    return ", ".join(one for one in (origin.commit[:_COMMIT], when) if one)


def refusal(name: str, check: Check) -> NotSigned:
    """The error for what does not hold; `name` is the image's."""
    where = name if check.what == "image" else f"{name}: {check.what}"
    return NotSigned(check.reason, where, todo="" if check.why else "run `lading sign`")


def _of_bill(image: Digest, what: str, payload: bytes, found: Sequence[_Found]) -> Check:
    said = Statement.parse(payload)
    if not said.is_about(image):
        return Check(image, what, (), ("it is about another image",))
    # A bundle by others may word the same statement in another way, but its predicate is the same.
    of_it = [
        x
        for x in found
        if x.statement
        and (x.payload == payload)
        | ((x.statement.predicate_type, x.statement.predicate) == _key(said))
    ]
    return _check(image, what, of_it)


def _key(said: Statement) -> tuple[str, object]:
    return said.predicate_type, said.predicate


def _check(image: Digest, what: str, found: Sequence[_Found]) -> Check:
    who = tuple(dict.fromkeys(x.who for x in found if x.who))
    return Check(image, what, who, tuple(dict.fromkeys(x.why for x in found if x.why)))


def _found(attached: Sequence[Artifact], image: Digest, trust: Trust) -> Iterator[_Found]:
    for artifact in attached:
        try:
            if simple.is_simple(artifact):
                yield _simple(artifact, image, trust)
            elif bundle.is_bundle(artifact):
                yield _bundle(artifact, image, trust)
        except SignatureError as error:
            yield _Found(None, b"", "", f"a signature cannot be read: {error}")


def _simple(artifact: Artifact, image: Digest, trust: Trust) -> _Found:
    verdict = trust.simple(artifact)
    if not verdict.who:
        return _Found(None, artifact.content, "", verdict.why)
    payload = simple.Payload.parse(artifact.content)
    if payload.image != image:
        why = f"it is the signature of another image, {payload.image}"
        return _Found(None, artifact.content, "", why)
    return _Found(None, artifact.content, verdict.who, "")


def _bundle(artifact: Artifact, image: Digest, trust: Trust) -> _Found:
    raw = Bundle.parse(artifact.content, "bundle")
    if not bundle.is_statement(raw):
        raise SignatureError(where="bundle.payloadType", expected="in-toto", came=raw.payload_type)
    said = Statement.parse(raw.payload)
    verdict = trust.bundle(raw)
    if verdict.who and not said.is_about(image):
        others = ", ".join(f"sha256:{x}" for x in sorted(said.subjects)) or "none"
        why = f"it is the signature of another image, {others}"
        return _Found(said, raw.payload, "", why)
    return _Found(said, raw.payload, verdict.who, verdict.why)
