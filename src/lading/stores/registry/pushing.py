"""Images out of a store, into a repository.

The tag is moved last, so that it never leads to half an image.
"""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from lading.errors import NotInRegistry, StoreError
from lading.oci import Artifact, Descriptor, Digest, Image, Index, Manifest
from lading.oci.artifact import EMPTY
from lading.oci.location import Location
from lading.progress import Progress, amount
from lading.stores.registry import at_once, cosign_tags, manifests, referrers, uploads
from lading.stores.registry.described import Pushed
from lading.stores.registry.manifests import Stated
from lading.stores.registry.repository import Repository
from lading.stores.registry.uploads import Outcome, Source
from lading.stores.store import Store

Whereabouts = dict[Digest, str]
"""Repositories of one registry that are known to have a blob."""


@dataclass
class Push:
    """What is pushed, and where to."""

    repository: Repository
    store: Store
    location: Location
    known: Whereabouts
    task: str
    progress: Progress
    _moved: Counter[Outcome] = field(default_factory=Counter)
    _attached: int = 0
    _documents: int = 0
    """Of what is attached, those that the repository had not."""
    _there: set[Digest] = field(default_factory=set)
    """Images that the repository had."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, digest: Digest) -> Pushed:
        """An image, or an index with all its images, and what is attached to each."""
        index = self.store.index(digest)
        digests = [one.digest for one in index.manifests.values()] if index else [digest]
        images = [self.store.read(one) for one in digests]
        sources = {one.descriptor.digest: one for image in images for one in _sources(image)}
        size = sum(one.descriptor.size for one in sources.values())
        self.progress.start(self.task, size)
        for image in images:
            self._image(image)
        stated = _stated(index or images[0])
        attached = self.store.attached(digest) if index else []
        if attached:
            manifests.put(self.repository, str(digest), stated)
            self._attach(attached)
        location = self._tag(stated)
        self.progress.finish(self.task, self._note(size))
        sent, mounted = self._moved[Outcome.SENT], self._moved[Outcome.MOUNTED]
        return Pushed(location, size, sent, mounted, self._attached)

    def _image(self, image: Image) -> None:
        sources = _sources(image)
        if manifests.find(self.repository, str(image.digest)) == image.digest:
            # A registry takes no manifest whose blobs it lacks.
            self._there.add(image.digest)
            self._heard(sum(one.descriptor.size for one in sources))
        else:
            self._blobs(sources)
            manifests.put(self.repository, str(image.digest), _stated(image))
        for one in sources:
            self.known[one.descriptor.digest] = self.repository.name
        if attached := self.store.attached(image.digest):
            self._attach(attached)

    def _blobs(self, sources: Sequence[Source]) -> None:
        ordered = sorted(sources, key=lambda one: -one.descriptor.size)
        at_once.each(self._blob, ordered, self.repository.give_up)

    def _blob(self, source: Source) -> None:
        known = self.known.get(source.descriptor.digest)
        mount_from = known if known != self.repository.name else None
        outcome = uploads.upload(self.repository, source, mount_from, self._heard)
        with self._lock:
            self._moved[outcome] += source.descriptor.size

    def _attach(self, artifacts: Sequence[Artifact]) -> None:
        """Documents, and, where the registry does not list them itself, the list of them."""
        unlisted = []
        for artifact in artifacts:
            self._documents += self._document(artifact.content) is Outcome.SENT
            self._document(EMPTY)
            stated = Stated(artifact.descriptor, artifact.manifest)
            answer = manifests.put(self.repository, str(artifact.digest), stated)
            if "OCI-Subject" not in answer.headers:
                unlisted.append(artifact)
        if unlisted:
            referrers.push_list(self.repository, unlisted)
        cosign_tags.push(self.repository, artifacts)
        self._attached += len(artifacts)

    def _document(self, content: bytes) -> Outcome:
        source = Source(Descriptor.of("", content), partial(io.BytesIO, content))
        return uploads.upload(self.repository, source, None, lambda _: None)

    def _tag(self, stated: Stated) -> Location:
        place, digest = self.location, stated.descriptor.digest
        if place.tag is None and place.digest:
            manifests.put(self.repository, str(digest), stated)
            return place.at(digest)
        place = place.tagged(place.tag or "latest")
        if not self._is_of_index(digest, str(place.tag)):
            manifests.put(self.repository, str(place.tag), stated)
        return place.at(digest)

    def _is_of_index(self, digest: Digest, tag: str) -> bool:
        """Whether a tag leads to an index of this very image and others, which are not here: as
        after a pull. It stays, as a name in a store does."""
        if digest not in self._there:
            return False
        try:
            stated = manifests.get(self.repository, tag)
            index = Index.parse(stated.raw) if stated.is_index else None
        except (NotInRegistry, StoreError):
            return False
        return index is not None and digest in {one.digest for one in index.manifests.values()}

    def _heard(self, count: int) -> None:
        self.progress.advance(self.task, count)

    def _note(self, size: int) -> str:
        sent, mounted = self._moved[Outcome.SENT], self._moved[Outcome.MOUNTED]
        parts = [f"{amount(sent)} sent"]
        if mounted:
            parts.append(f"{amount(mounted)} taken over")
        if rest := size - sent - mounted:
            parts.append(f"{amount(rest)} there before")
        if new := self._documents:
            parts.append(f"{new} document{'s' if new > 1 else ''} about it sent")
        return ", ".join(parts)


def _sources(image: Image) -> list[Source]:
    """Layers and config, each once."""
    config = Manifest.parse(image.manifest).config
    found = {
        layer.descriptor.digest: Source(layer.descriptor, layer.open) for layer in image.layers
    }
    found[config.digest] = Source(config, partial(io.BytesIO, image.config))
    return list(found.values())


def _stated(one: Image | Index) -> Stated:
    return Stated(one.descriptor, one.manifest if isinstance(one, Image) else one.raw)
