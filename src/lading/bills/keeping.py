"""A bill for what was built: made and attached where there is none of this commit and lock yet.

The same image may be built many times. Each commit and lock that it came of is worth a bill, the
same ones again are not: then the store does not grow, and nothing is asked or made.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from lading.bills.bill import Bill, artifacts, attach, is_provenance
from lading.bills.circumstances import Circumstances
from lading.bills.made import Made
from lading.building.layers.record import write_record
from lading.errors import StoreError
from lading.oci import Artifact, Digest, Image, media_types
from lading.stores.layout import Layout

# Whatever makes a bill is imported where one is made: an unchanged build is not to wait for it.
MOST = 10
"""Provenances of one image: the first and the newest. The others are let go."""
_FORMAT = 1
"""Of a bill; another one is made anew for images that have one of before."""


def keep(store: Layout, cache: Path, made: Made, around: Circumstances) -> Bill | None:
    """Attach a bill to an image that is in `store`, and return it; None where it has it already.

    Records below `cache` say so at once; without them it is told by what is attached. Raises
    StoreError, DamagedBlob.
    """
    record = _record(cache, made.built.image, around)
    if _is_kept(store, record):
        return None
    from lading.bills import making

    bill = making.make(made, around, cache)
    there = store.attached(bill.subject.digest)
    known = _same(there, bill)
    kept = known or bill
    digests = attach(store, kept)
    _let_go(store, there, kept)
    write_record(record, json.dumps([str(one) for one in digests]).encode())
    return None if known else bill


def _record(cache: Path, image: Image, around: Circumstances) -> Path:
    said = f"{_FORMAT}\n{image.digest}\n{around.glance}"
    return cache / "bills" / f"{hashlib.sha256(said.encode()).hexdigest()}.json"


def _is_kept(store: Layout, record: Path) -> bool:
    try:
        digests = [Digest.parse(one) for one in json.loads(record.read_bytes())]
    except (OSError, ValueError, TypeError, StoreError):
        return False
    return bool(digests) and all(store.blobs.has(one) for one in digests)


def _same(there: list[Artifact], bill: Bill) -> Bill | None:
    """The bill that says as much already: of the same build definition, though at another time."""
    wanted = _definition(bill)
    for artifact in there:
        if is_provenance(artifact):
            before = Bill(bill.subject, artifact.content, bill.sbom)
            if _definition(before) == wanted:
                return before
    return None


def _definition(bill: Bill) -> Any:
    predicate = bill.statement.get("predicate")
    return predicate.get("buildDefinition") if isinstance(predicate, dict) else None


def _let_go(store: Layout, there: list[Artifact], bill: Bill) -> None:
    """What another bill takes the place of: an SBOM of ours by an earlier Lading, and provenances
    between the first and the newest."""
    attached = {one.digest for one in artifacts(bill)}
    told = [one for one in there if is_provenance(one) and one.digest not in attached]
    surplus = told[1 : 1 + max(0, len(told) + 1 - MOST)]
    sboms = [one for one in there if one.artifact_type == media_types.CYCLONEDX]
    replaced = [one for one in sboms if one.digest not in attached and _is_ours(one)]
    for artifact in (*surplus, *replaced):
        store.detach(artifact)


def _is_ours(sbom: Artifact) -> bool:
    from lading.bills.sbom import is_ours

    return is_ours(sbom.content)
