"""A bill for what was built: made and attached where the newest one does not say as much already.

The same image may be built many times. A build that is of another commit or lock, with other
changes, by somebody else or by another Lading says so in a bill of its own; the same one again does
not: then the store does not grow, and nothing is asked or made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from lading.bills.bill import Bill, attach, is_provenance
from lading.bills.circumstances import Circumstances
from lading.bills.made import Made
from lading.building.layers.record import write_record
from lading.errors import SignatureError, StoreError
from lading.oci import Artifact, Digest, Image, media_types
from lading.progress import Progress, Silent
from lading.stores import images
from lading.stores.layout import Layout

# Whatever makes a bill is imported where one is made: an unchanged build is not to wait for it.
MOST = 10
"""Provenances of one image: the first and the newest. The others are let go."""
_FORMAT = 2
"""Of a bill and its record; images that have one of before get another."""
_MOST_BESIDE = 1000
"""Files to look at in place of git; where there are more, git is asked each time."""


class _Record(msgspec.Struct, frozen=True):
    """That an image has its bill."""

    provenance: str
    """Digest of the artifact; as is `sbom`."""
    sbom: str
    beside: dict[str, str]
    """What may change though the image stays, and how it was: `Commit.beside`."""


def keep(
    store: Layout, cache: Path, made: Made, around: Circumstances, progress: Progress | None = None
) -> Bill | None:
    """Attach a bill to an image that is in `store`, and return it; None where it has it already.

    What of its bills is damaged is listed no more, and made anew. Records below `cache` say at once
    that all is there; without them it is told by what is attached. Raises StoreError, DamagedBlob.
    """
    record = _path(cache, made.built.image, around)
    if _is_kept(store, record, made.built.image, around):
        return None
    from lading.bills import making

    bill, commit = making.make(made, around, cache)
    there = _whole(store, bill.subject.digest, progress or Silent())
    newest = _newest(there)
    known = newest is not None and _says(Bill(bill.subject, newest.content, b"")) == _says(bill)
    sbom, *told = attach(store, Bill(bill.subject, b"", bill.sbom) if known else bill)
    kept = newest.digest if newest and known else told[0]
    _let_go(store, there, {sbom, kept})
    beside = commit.beside if commit else ()
    if len(beside) <= _MOST_BESIDE:
        state = {one: _state(around.folder / one) for one in beside}
        write_record(record, msgspec.json.encode(_Record(str(kept), str(sbom), state)))
    return None if known else bill


def _path(cache: Path, image: Image, around: Circumstances) -> Path:
    said = f"{_FORMAT}\n{image.digest}\n{around.glance}"
    return cache / "bills" / f"{hashlib.sha256(said.encode()).hexdigest()}.json"


def _is_kept(store: Layout, path: Path, image: Image, around: Circumstances) -> bool:
    """Whether the newest of its bills is the one that was recorded, whole, and no file differs."""
    try:
        record = msgspec.json.decode(path.read_bytes(), type=_Record)
        there = store.attached(image.digest)
    except (OSError, msgspec.MsgspecError, StoreError):
        return False
    newest = _newest(there)
    if newest is None or str(newest.digest) != record.provenance:
        return False
    whole = any(str(one.digest) == record.sbom for one in there)
    return whole and all(_state(around.folder / x) == y for x, y in record.beside.items())


def _state(path: Path) -> str:
    """Another one when somebody writes the file, by the file system's word."""
    try:
        found = path.lstat()
    except OSError:
        return "none"
    return f"{found.st_mode:o} {found.st_size} {found.st_mtime_ns} {found.st_ino}"


def _whole(store: Layout, subject: Digest, progress: Progress) -> list[Artifact]:
    """What is attached; what of it cannot be read is listed no more, and said."""
    try:
        return store.attached(subject)
    except StoreError:
        pass
    found, lost = [], []
    for digest in [one.digest for one in store.listed() if one.subject == subject]:
        try:
            found.append(images.attached(store.blobs, digest))
        except StoreError:
            lost.append(digest)
    progress.start(task := "bill")
    store.forget(lost)
    # Who keeps something else there, and sees by its manifest that it does, keeps it anew.
    for digest in lost:
        store.blobs.remove(digest)
    count = "1 document" if len(lost) == 1 else f"{len(lost)} documents"
    progress.finish(task, f"{count} attached to the image could not be read: made anew")
    return found


def _newest(there: list[Artifact]) -> Artifact | None:
    return next((one for one in reversed(there) if is_provenance(one)), None)


def _says(bill: Bill) -> tuple[Any, ...]:
    """All that a provenance says but for when: of what it was built, by whom, by which Lading."""
    predicate = bill.statement.get("predicate")
    definition = predicate.get("buildDefinition") if isinstance(predicate, dict) else None
    origin = bill.origin
    return definition, origin.user, origin.account, origin.host, origin.builder


def _let_go(store: Layout, there: list[Artifact], kept: set[Digest]) -> None:
    """What another bill takes the place of: an SBOM of ours by an earlier Lading, and provenances
    between the first and the newest, with what signs them."""
    told = [one for one in there if is_provenance(one) and one.digest not in kept]
    surplus = told[1 : 1 + max(0, len(told) + 1 - MOST)]
    sboms = [one for one in there if one.artifact_type == media_types.CYCLONEDX]
    replaced = [one for one in sboms if one.digest not in kept and _is_ours(one)]
    signed = signatures_of(there, {one.content for one in surplus})
    for artifact in (*surplus, *replaced, *signed):
        store.detach(artifact)


def signatures_of(there: Iterable[Artifact], statements: Collection[bytes]) -> list[Artifact]:
    """Signatures of statements: where these are let go, they are of nothing any more."""
    if not statements:
        return []
    # Imported where there are any: it knows all kinds of keys.
    from lading.bills.signatures import bundle

    found = []
    for one in there:
        with suppress(SignatureError):
            if bundle.is_bundle(one) and bundle.Bundle.parse(one.content, "").payload in statements:
                found.append(one)
    return found


def _is_ours(sbom: Artifact) -> bool:
    from lading.bills.sbom import is_ours

    return is_ours(sbom.content)
