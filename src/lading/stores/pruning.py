"""What nothing needs any more: found, and removed so that a crash loses nothing.

An image stays with everything it is made of and everything attached to it. The index forgets first,
blobs go afterwards: whatever comes in between, no image that is listed lacks a blob, and what is
left over goes with the next pruning.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lading.errors import StoreError
from lading.oci import Digest, Reference
from lading.stores.disk import explained
from lading.stores.index_file import Listed
from lading.stores.layout import Layout

_LAYERS = "layers"
_CONTENTS = ("config", _LAYERS, "blobs")
"""Fields of a manifest that hold descriptors of what it is made of,"""
_MANIFESTS = "manifests"
"""and that of an index."""


@dataclass(frozen=True)
class Kept:
    """An image or index, and why it stays: a phrase each."""

    digest: Digest
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Pruning:
    """What stays, and what goes."""

    kept: tuple[Kept, ...]
    """In the order in which they were written."""
    images: tuple[Digest, ...]
    """Images and indexes that go, in the order in which they were written."""
    names: tuple[Reference, ...]
    """Names that go, though what they point at may stay for another reason."""
    attached: tuple[Digest, ...]
    """What was attached to images that go."""
    blobs: tuple[Digest, ...]
    """Everything that goes, these too and what nothing listed ever had."""
    size: int
    """Bytes of `blobs`."""

    @property
    def anything(self) -> bool:
        """Whether anything goes."""
        return bool(self.blobs or self.images or self.names)


def plan(
    store: Layout,
    needed: Mapping[Digest, Sequence[str]],
    forgotten: Iterable[Reference] = (),
) -> Pruning:
    """What would go now. `needed` says why an image without a name stays.

    A name keeps its image, unless it is among `forgotten`. Raises StoreError.
    """
    listed, gone = store.listed(), frozenset(forgotten)
    reasons = _reasons(listed, needed, gone)
    for index in [one.digest for one in listed if one.is_index and one.digest in reasons]:
        for part in _digests(_document(store, index), _MANIFESTS):
            reasons.setdefault(part, []).append(f"is part of {index.short}")
    _add_bases(store, listed, reasons)
    attached = _attached(listed, reasons)
    staying = {*reasons, *attached, *(one.digest for one in listed if one.is_foreign)}
    named = _closed(store, staying)
    loose = sorted(digest for digest in store.blobs.all() if digest not in named)
    images = list(dict.fromkeys(one.digest for one in listed if one.is_image))
    return Pruning(
        kept=tuple(Kept(one, tuple(reasons[one])) for one in images if one in reasons),
        images=tuple(one for one in images if one not in reasons),
        names=tuple(sorted({one.name for one in listed if one.name and one.name in gone})),
        attached=tuple(one.digest for one in listed if one.subject and one.digest not in attached),
        blobs=tuple(loose),
        size=sum(store.blobs.size(digest) or 0 for digest in loose),
    )


def remove(store: Layout, found: Pruning) -> None:
    """Remove what `plan` found. Both are to be called under one `store.alone()`, with what is
    needed asked for there too: else what somebody starts meanwhile is not known of."""
    store.forget({*found.images, *found.attached}, found.names)
    for digest in found.blobs:
        store.blobs.remove(digest)


def size(store: Layout, image: Digest) -> int:
    """Bytes of an image, or of all of an index, as they are stored; each blob once."""
    return sum(store.blobs.size(digest) or 0 for digest in _closed(store, [image]))


def _reasons(
    listed: Iterable[Listed],
    needed: Mapping[Digest, Sequence[str]],
    forgotten: frozenset[Reference],
) -> dict[Digest, list[str]]:
    reasons = {digest: list(why) for digest, why in needed.items()}
    for one in listed:
        if one.is_image and one.name and one.name not in forgotten:
            reasons.setdefault(one.digest, []).insert(0, f"is {one.name}")
    return reasons


def _add_bases(store: Layout, listed: Iterable[Listed], reasons: dict[Digest, list[str]]) -> None:
    """An image whose layers are the lowest of one that stays: the next build stands on it too."""
    below: dict[tuple[Digest, ...], Digest] = {}
    for digest in reasons:
        layers = tuple(_digests(_document(store, digest), _LAYERS))
        for height in range(1, len(layers)):
            below.setdefault(layers[:height], digest)
    for one in listed:
        if one.is_image and one.digest not in reasons:
            layers = tuple(_digests(_document(store, one.digest), _LAYERS))
            if above := below.get(layers):
                reasons[one.digest] = [f"is what {above.short} stands on"]


def _attached(listed: Sequence[Listed], staying: Mapping[Digest, object]) -> set[Digest]:
    """What is attached to what stays, and to that: a signature of a bill stays with the bill."""
    found: set[Digest] = set()
    while more := {
        one.digest
        for one in listed
        if one.subject
        and one.digest not in found
        and (one.subject in staying or one.subject in found)
    }:
        found |= more
    return found


def _closed(store: Layout, roots: Iterable[Digest]) -> set[Digest]:
    """The roots and everything that they are made of, however deep."""
    found: set[Digest] = set()
    waiting = list(roots)
    while waiting:
        digest = waiting.pop()
        if digest not in found:
            found.add(digest)
            document = _document(store, digest)
            for field in _CONTENTS:
                found.update(_digests(document, field))
            # Only what an index lists is a document again; a layer is not opened.
            waiting.extend(_digests(document, _MANIFESTS))
    return found


def _document(store: Layout, digest: Digest) -> Mapping[str, Any]:
    """A manifest or index; empty where it is missing or damaged.

    Raises StoreError where it cannot be read now: what it is made of would seem to be nobody's.
    """
    if not store.blobs.has(digest):
        return {}
    try:
        with explained(store.folder), store.blobs.open(digest) as stream:
            document = json.load(stream)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _digests(document: Mapping[str, Any], field: str) -> Iterator[Digest]:
    value = document.get(field)
    for one in value if isinstance(value, list) else [value]:
        text = one.get("digest") if isinstance(one, dict) else None
        if isinstance(text, str):
            with suppress(StoreError):
                yield Digest.parse(text)
