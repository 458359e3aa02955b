"""What is attached to an image in a registry: by its API, or by a tag where it has none.

Source: OCI distribution specification 1.1, "Listing Referrers" and "Referrers Tag Schema".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import httpx

from lading.errors import NotInRegistry, RegistryError, StoreError
from lading.oci import Artifact, Descriptor, Digest, media_types
from lading.oci.annotations import MADE_AT
from lading.oci.artifact import layer_of
from lading.oci.document import Document
from lading.oci.manifest import descriptor
from lading.stores.images import ATTACHED_BYTES, DOCUMENT_BYTES
from lading.stores.registry import downloads, manifests, redirects
from lading.stores.registry.manifests import Stated
from lading.stores.registry.repository import Ask, Repository

_MOST = 500
_MOST_BYTES = 256 * 1024**2
"""More of them are an attack, or a registry gone wrong."""
_PAGES = 50


def tag(subject: Digest) -> str:
    """The tag that leads to what is attached, where a registry has no API for it."""
    return f"sha256-{subject.hex}"


def pull(repository: Repository, subject: Digest) -> list[Artifact]:
    """What is attached to an image, each held to its digest, the oldest first.

    A registry has no order for it, and the newest is the bill that counts: so by the time that an
    annotation says, and what says none before.

    What is not one document about just this image is left out: signatures of an older form, for
    example, whose place is not here. Raises RegistryError.
    """
    found, size = [], 0
    for entry in _entries(repository, subject):
        artifact = _artifact(repository, entry)
        if artifact and artifact.subject.digest == subject:
            found.append(artifact)
            size += len(artifact.content)
            if size > _MOST_BYTES:
                expected = f"at most {_MOST_BYTES} bytes of attached documents"
                raise RegistryError("is too much to pull", repository.where, expected, "more")
    return sorted(found, key=lambda one: one.annotations.get(MADE_AT, ""))


def push_list(repository: Repository, artifacts: Sequence[Artifact]) -> None:
    """Name artifacts of one image, which are there, under its tag, beside those named already.

    Another client that does so at the same time may win: registries without the API have no lock.
    Raises RegistryError.
    """
    subject = artifacts[0].subject.digest
    try:
        known = _index(manifests.get(repository, tag(subject)).raw)
    except NotInRegistry:
        known = []
    there = {entry.get("digest") for entry in known}
    new = [_entry(one) for one in artifacts if str(one.digest) not in there]
    if not new:
        return
    document = {"schemaVersion": 2, "mediaType": media_types.INDEX, "manifests": [*known, *new]}
    raw = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    manifests.put(repository, tag(subject), Stated(Descriptor.of(media_types.INDEX, raw), raw))


def _entry(artifact: Artifact) -> dict[str, Any]:
    entry = {**artifact.descriptor.to_json(), "artifactType": artifact.artifact_type}
    return {**entry, "annotations": dict(artifact.annotations)} if artifact.annotations else entry


def _entries(repository: Repository, subject: Digest) -> list[Descriptor]:
    documents = list(islice(_pages(repository, subject), _MOST + 1))
    if not documents:
        try:
            documents = _index(manifests.get(repository, tag(subject)).raw)
        except NotInRegistry:
            return []
    if len(documents) > _MOST:
        expected = f"at most {_MOST} attached documents"
        raise RegistryError("is no list to go through", repository.where, expected, "more")
    entries = [descriptor(Document(one, "referrers")) for one in documents]
    return list(
        {one.digest: one for one in entries if one.media_type == media_types.MANIFEST}.values()
    )


def _pages(repository: Repository, subject: Digest) -> Iterator[dict[str, Any]]:
    """Nothing also where the registry has no such API."""
    path: str | httpx.URL = f"referrers/{subject}"
    for _ in range(_PAGES):
        ask = Ask("GET", path, {"Accept": media_types.INDEX})
        answer = repository.ask(ask, DOCUMENT_BYTES)
        if answer.status != 200:
            # Registries without it say 404; some say that the method is wrong, or the path.
            if answer.status in (400, 404, 405, 406, 410, 501):
                return
            raise repository.refusal(answer, "list what is attached")
        if "json" not in answer.headers.get("Content-Type", "json"):
            return
        yield from _index(answer.content)
        following = answer.url.join(_next(answer.headers.get("Link", "")) or "")
        if following == answer.url or not _is_below(following, repository):
            return
        path = following


def _next(link: str) -> str:
    """Of `<url>; rel="next"` (RFC 8288) the URL; empty where there is none."""
    url, _, parameters = link.partition(">")
    return url.strip().removeprefix("<") if 'rel="next"' in parameters.replace("'", '"') else ""


def _is_below(url: httpx.URL, repository: Repository) -> bool:
    base = repository.url("referrers/")
    return redirects.same_origin(url, base) and url.path.startswith(base.path)


def _index(raw: bytes) -> list[dict[str, Any]]:
    return [dict(one.fields) for one in Document.parse(raw, "referrers").children("manifests")]


def _artifact(repository: Repository, entry: Descriptor) -> Artifact | None:
    try:
        manifest = manifests.get(repository, str(entry.digest)).raw
        layer = layer_of(manifest)
        content = downloads.small(repository, layer, ATTACHED_BYTES)
        return Artifact.parse(manifest, content)
    except (NotInRegistry, StoreError):
        return None
