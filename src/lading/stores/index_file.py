"""index.json of an image layout: which images there are, and their names.

Source: OCI image specification 1.1, image-layout.md and image-index.md. A name is the annotation
`org.opencontainers.image.ref.name`. What is attached to an image is listed beside it, with its
type and the image's digest. What others wrote beside it is kept as it is.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lading.errors import StoreError
from lading.oci import Artifact, Descriptor, Digest, Reference, media_types
from lading.oci.document import Document
from lading.oci.index import TYPES as INDEX_TYPES
from lading.oci.manifest import descriptor
from lading.oci.manifest import digest as read_digest
from lading.stores.incomplete import Incomplete

REF_NAME = "org.opencontainers.image.ref.name"
SUBJECT = "io.lading.subject"
"""What an artifact is about: a digest."""


@dataclass(frozen=True)
class Listed:
    """An entry: an image, an index of images, what is attached to one, or a thing of others'."""

    digest: Digest
    name: Reference | None
    subject: Digest | None
    """Of what is attached."""
    is_image: bool
    """Also of an index."""
    is_index: bool

    @property
    def is_foreign(self) -> bool:
        """Whether others wrote it, for a purpose that is not known here."""
        return not self.is_image and self.subject is None


class IndexFile:
    """Read without a lock, since it is replaced as a whole; changed under one."""

    def __init__(self, folder: Path, incomplete: Path) -> None:
        self._path = folder / "index.json"
        self._lock = folder / "index.lock"
        self._incomplete = incomplete

    def images(self) -> dict[Reference, Descriptor]:
        """Names of images and indexes. Raises StoreError when the file is damaged."""
        named = {}
        for entry in self._read()["manifests"]:
            document = Document(entry, str(self._path))
            if (_is_image(entry) or _is_index(entry)) and (name := _name(entry)):
                named[name] = descriptor(document)
        return named

    def listed(self) -> list[Listed]:
        """Every entry, in the order in which they were written. Raises StoreError."""
        return [_listed(entry, str(self._path)) for entry in self._read()["manifests"]]

    def forget(self, digests: Collection[Digest], names: Collection[Reference]) -> None:
        """List some no more, and others without their names. Raises OSError, StoreError."""
        gone = {str(digest) for digest in digests}
        with self._locked():
            document = self._read()
            entries = document["manifests"]
            left = [one for one in entries if one.get("digest") not in gone]
            bare = [_unnamed(one) if _name(one) in names else one for one in left]
            if bare != entries:
                self._replace({**document, "manifests": list(_without_surplus(bare))})

    def unnamed(self) -> list[Digest]:
        """Images without a name: what a name pointed at before. Raises StoreError."""
        found = []
        for entry in self._read()["manifests"]:
            document = Document(entry, str(self._path))
            if _is_image(entry) and not _name(entry):
                found.append(read_digest(document.text("digest"), document.at("digest")))
        return found

    def add(self, image: Descriptor, name: Reference | None) -> None:
        """List an image or index, and point `name` at it. What it pointed at stays, unnamed.

        Raises OSError.
        """
        with self._locked():
            document = self._read()
            entries = document["manifests"]
            changed = _pointed(entries, image, name)
            if changed != entries or not self._path.exists():
                self._replace({**document, "manifests": changed})

    def attached(self, subject: Digest) -> list[Digest]:
        """Manifests of what is attached to `subject`, oldest first. Raises StoreError."""
        wanted = str(subject)
        found = []
        for entry in self._read()["manifests"]:
            if _annotations(entry).get(SUBJECT) == wanted:
                document = Document(entry, str(self._path))
                found.append(read_digest(document.text("digest"), document.at("digest")))
        return found

    def attach(self, artifact: Artifact) -> None:
        """List an artifact, once. Raises OSError."""
        entry = {
            **artifact.descriptor.to_json(),
            "artifactType": artifact.artifact_type,
            "annotations": {SUBJECT: str(artifact.subject.digest)},
        }
        with self._locked():
            document = self._read()
            entries = document["manifests"]
            if all(one.get("digest") != entry["digest"] for one in entries):
                self._replace({**document, "manifests": [*entries, entry]})

    def detach(self, artifact: Digest) -> None:
        """List an artifact no longer. Raises OSError."""
        with self._locked():
            document = self._read()
            entries = document["manifests"]
            gone = str(artifact)
            kept = [x for x in entries if SUBJECT not in _annotations(x) or x.get("digest") != gone]
            if kept != entries:
                self._replace({**document, "manifests": kept})

    def _read(self) -> dict[str, Any]:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return {"schemaVersion": 2, "mediaType": media_types.INDEX, "manifests": []}
        try:
            document = Document.parse(raw, str(self._path))
            document.children("manifests")
        except StoreError as error:
            error.todo = "delete it, then run `lading build` to list the images again"
            raise
        return dict(document.fields)

    def _replace(self, document: dict[str, Any]) -> None:
        file = Incomplete(self._incomplete)
        try:
            file.write(json.dumps(document, separators=(",", ":")).encode())
            file.finish(self._path)
        finally:
            file.discard()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock.open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _listed(entry: dict[str, Any], path: str) -> Listed:
    document = Document(entry, path)
    subject = _annotations(entry).get(SUBJECT)
    return Listed(
        digest=read_digest(document.text("digest"), document.at("digest")),
        name=_name(entry),
        subject=Digest.parse(subject) if isinstance(subject, str) else None,
        is_image=_is_image(entry) or _is_index(entry),
        is_index=_is_index(entry),
    )


def _pointed(
    entries: list[dict[str, Any]], image: Descriptor, name: Reference | None
) -> list[dict[str, Any]]:
    wanted = image.to_json()
    if name:
        wanted["annotations"] = {REF_NAME: str(name)}
    if any(_name(entry) == name and entry.get("digest") == wanted["digest"] for entry in entries):
        return entries
    kept = [_unnamed(entry) if name and _name(entry) == name else entry for entry in entries]
    return list(_without_surplus([*kept, wanted]))


def _without_surplus(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Leave out images without a name that are listed elsewhere."""
    listed = {entry.get("digest") for entry in entries if REF_NAME in _annotations(entry)}
    for entry in entries:
        if REF_NAME in _annotations(entry) or not (_is_image(entry) or _is_index(entry)):
            yield entry
        elif entry.get("digest") not in listed:
            listed.add(entry.get("digest"))
            yield entry


def _is_image(entry: dict[str, Any]) -> bool:
    return entry.get("mediaType") in media_types.MANIFESTS and "artifactType" not in entry


def _is_index(entry: dict[str, Any]) -> bool:
    return entry.get("mediaType") in INDEX_TYPES


def _unnamed(entry: dict[str, Any]) -> dict[str, Any]:
    annotations = {key: text for key, text in _annotations(entry).items() if key != REF_NAME}
    rest = {key: value for key, value in entry.items() if key != "annotations"}
    return {**rest, "annotations": annotations} if annotations else rest


def _name(entry: dict[str, Any]) -> Reference | None:
    """None also for a name that others gave and that is none of ours."""
    text = _annotations(entry).get(REF_NAME)
    try:
        return Reference.parse(text) if isinstance(text, str) else None
    except StoreError:
        return None


def _annotations(entry: dict[str, Any]) -> dict[str, Any]:
    annotations = entry.get("annotations")
    return annotations if isinstance(annotations, dict) else {}
