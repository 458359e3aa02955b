"""A bill: its two documents, and how they lie beside an image.

Each is an artifact whose subject is the image (OCI image specification 1.1, "Guidelines for
Artifact Usage"), so that a registry lists them among its referrers. The provenance's type is that
of in-toto statements and the SBOM's that of CycloneDX, by which scanners look for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lading.errors import ImageNotFound, StoreError
from lading.oci import Artifact, Descriptor, Digest, media_types
from lading.oci.annotations import MADE_AT
from lading.oci.document import Document
from lading.stores.store import Store

STATEMENT = "https://in-toto.io/Statement/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"
PREDICATE = "in-toto.io/predicate-type"
"""Annotation of an artifact: what its statement says."""


@dataclass(frozen=True)
class Origin:
    """Who made an image, when, and of which commit. What is not known is empty, or None."""

    user: str = ""
    """A name for people: git's `user.name`, else the account's."""
    account: str = ""
    """The account's name on `host`."""
    host: str = ""
    started: str = ""
    """RFC 3339, UTC; as is `finished`."""
    finished: str = ""
    builder: str = ""
    """Its name and version: "lading 0.1.0"."""
    invocation: str = ""
    """A URI: the run of a CI service, else a name made up for this one build."""
    commit: str = ""
    branch: str = ""
    repository: str = ""
    """Its URL, without credentials."""
    dirty: bool | None = None
    """Whether what the image is made of is other than in `commit`; None where git did not tell."""


@dataclass(frozen=True)
class Bill:
    """What was said of one image at one build. `sbom` and `provenance` are raw JSON.

    Either may be empty: an image that others made may have just one of them.
    """

    subject: Descriptor
    """The image's manifest."""
    provenance: bytes
    """An in-toto statement v1 whose predicate is SLSA provenance v1."""
    sbom: bytes
    """CycloneDX, or SPDX where others made it."""
    sbom_type: str = field(default=media_types.CYCLONEDX)

    @cached_property
    def statement(self) -> Mapping[str, Any]:
        """The parsed provenance; nothing where there is none."""
        return _object(self.provenance)

    @cached_property
    def components(self) -> Mapping[str, Any]:
        """The parsed SBOM; nothing where there is none."""
        return _object(self.sbom)

    @property
    def dependencies(self) -> list[Mapping[str, Any]]:
        """What the image was made of: in-toto resource descriptors."""
        found = _at(self.statement, "predicate", "buildDefinition").get("resolvedDependencies")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    @cached_property
    def origin(self) -> Origin:
        """Read from the provenance, whoever wrote it."""
        run = _at(self.statement, "predicate", "runDetails")
        told, builder = _at(run, "metadata"), _at(run, "builder")
        commit = next((x for x in self.dependencies if "gitCommit" in _at(x, "digest")), {})
        notes = _at(commit, "annotations")
        version = _at(builder, "version").get("lading")
        dirty = notes.get("dirty")
        return Origin(
            user=_text(told, "lading_name") or _text(told, "lading_user"),
            account=_text(told, "lading_user"),
            host=_text(told, "lading_host"),
            started=_text(told, "startedOn"),
            finished=_text(told, "finishedOn"),
            builder=f"lading {version}" if version else _text(builder, "id"),
            invocation=_text(told, "invocationId"),
            commit=_text(_at(commit, "digest"), "gitCommit"),
            branch=_text(notes, "branch"),
            repository=_text(commit, "uri").removeprefix("git+").partition("@refs/")[0],
            dirty=dirty if isinstance(dirty, bool) else None,
        )


def artifacts(bill: Bill) -> Iterator[Artifact]:
    """What is attached for a bill: the SBOM first, since the provenance names its digest."""
    if bill.sbom:
        yield Artifact.of(bill.subject, bill.sbom_type, bill.sbom)
    if bill.provenance:
        said = {PREDICATE: PROVENANCE}
        if bill.origin.finished:
            said[MADE_AT] = bill.origin.finished
        yield Artifact.of(bill.subject, media_types.IN_TOTO, bill.provenance, said)


def attach(store: Store, bill: Bill) -> list[Digest]:
    """Keep a bill beside its image: the digests of its artifacts. Twice the same is there once.

    Raises ImageNotFound, StoreError.
    """
    return [store.attach(one) for one in artifacts(bill)]


def of(store: Store, digest: Digest) -> Bill | None:
    """The newest bill of an image; None where none is attached.

    Raises ImageNotFound, StoreError, DamagedBlob.
    """
    return _bill(_subject(store, digest), _found(store, digest))


def earlier(store: Store, digest: Digest) -> list[Bill]:
    """Every bill of an image, oldest first: builds that ended in the same bytes."""
    subject, found = _subject(store, digest), _found(store, digest)
    sboms = [one for one in found if not is_provenance(one)]
    told = [one for one in found if is_provenance(one)]
    bills = (_bill(subject, [*sboms, one]) for one in told)
    return [bill for bill in bills if bill]


def is_provenance(artifact: Artifact) -> bool:
    """Whether it is an unsigned statement of SLSA provenance of what it is attached to.

    By its content: others annotate theirs in other ways, and may attach what is said of another
    image.
    """
    if artifact.artifact_type != media_types.IN_TOTO:
        return False
    said = _object(artifact.content)
    return said.get("predicateType") == PROVENANCE and _is_about(said, artifact.subject.digest)


def _is_about(statement: Mapping[str, Any], image: Digest) -> bool:
    subjects = statement.get("subject")
    told = [one for one in subjects if isinstance(one, dict)] if isinstance(subjects, list) else []
    return any(_at(one, "digest").get("sha256") == image.hex for one in told)


def _found(store: Store, digest: Digest) -> list[Artifact]:
    kinds = (media_types.CYCLONEDX, media_types.SPDX)
    return [
        one for one in store.attached(digest) if one.artifact_type in kinds or is_provenance(one)
    ]


def _bill(subject: Descriptor, found: Sequence[Artifact]) -> Bill | None:
    """Of the newest of each kind; the SBOM is the one that the provenance names, else CycloneDX,
    which Lading writes, before SPDX."""
    newest = {one.artifact_type: one for one in found}
    if not newest:
        return None
    provenance = newest.get(media_types.IN_TOTO)
    named = _named(provenance.content) if provenance else frozenset()
    sbom = next((one for one in found if Digest.of(one.content).hex in named), None)
    sbom = sbom or newest.get(media_types.CYCLONEDX) or newest.get(media_types.SPDX)
    return Bill(
        subject,
        provenance.content if provenance else b"",
        sbom.content if sbom else b"",
        sbom.artifact_type if sbom else media_types.CYCLONEDX,
    )


def _named(provenance: bytes) -> frozenset[str]:
    """SHA-256 of what a build made besides the image: its SBOM, where Lading wrote it."""
    listed = _at(_object(provenance), "predicate", "runDetails").get("byproducts")
    told = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return frozenset(_text(_at(one, "digest"), "sha256") for one in told)


def _subject(store: Store, digest: Digest) -> Descriptor:
    if not store.blobs.has(digest):
        raise ImageNotFound(f"no image {digest}", todo="run `lading build`, or `lading pull`")
    with store.blobs.open(digest) as stream:
        manifest = stream.read()
    kind = _text(_object(manifest), "mediaType") or media_types.MANIFEST
    return Descriptor.of(kind, manifest)


def _object(raw: bytes) -> Mapping[str, Any]:
    """Nothing where it is no JSON object: what others attach is not ours to refuse."""
    try:
        return Document.parse(raw, "document").fields if raw else {}
    except StoreError:
        return {}


def _at(document: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        inner = document.get(key)
        document = inner if isinstance(inner, dict) else {}
    return document


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""


def encoded(document: Mapping[str, Any]) -> bytes:
    """The same bytes for the same document: no spaces, keys in their order."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
