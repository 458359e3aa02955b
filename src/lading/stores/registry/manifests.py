"""Manifests and indexes of a repository, each held to its digest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lading.errors import RegistryError, StoreError
from lading.oci import Descriptor, Digest, media_types
from lading.oci.document import Document
from lading.oci.index import TYPES as INDEX_TYPES
from lading.stores.images import DOCUMENT_BYTES
from lading.stores.registry.patience import PassingError
from lading.stores.registry.repository import Answer, Ask, Repository

_ACCEPTED = ", ".join((media_types.MANIFEST, *INDEX_TYPES, media_types.DOCKER_MANIFEST))
_OLD = "application/vnd.docker.distribution.manifest.v1"
_DIGEST = "Docker-Content-Digest"


@dataclass(frozen=True)
class Stated:
    """A manifest or an index: its bytes, which have the descriptor's digest."""

    descriptor: Descriptor
    raw: bytes

    @property
    def is_index(self) -> bool:
        """Whether it names images rather than layers."""
        return self.descriptor.media_type in INDEX_TYPES


def get(repository: Repository, wanted: str) -> Stated:
    """By a tag or a digest. Raises NotInRegistry, RegistryError."""
    what = f"{repository.where}{'@' if ':' in wanted else ':'}{wanted}"
    tries = repository.tries(what)
    while True:
        answer = repository.ask(
            Ask("GET", f"manifests/{wanted}", {"Accept": _ACCEPTED}), DOCUMENT_BYTES
        )
        if answer.status != 200:
            raise repository.refusal(answer, f"pull {wanted}")
        came = Digest.of(answer.content)
        # By a tag, the registry's own word is all there is to hold the bytes to.
        expected = wanted if ":" in wanted else answer.headers.get(_DIGEST, str(came))
        if str(came) == expected:
            return Stated(
                Descriptor(_media_type(answer, what), came, len(answer.content)), answer.content
            )
        tries.wait(PassingError(f"bytes whose digest is {came}, not {expected}"))


def find(repository: Repository, wanted: str) -> Digest | None:
    """What a tag or digest leads to there, by the registry's word; None for nothing.

    Asked by who pushes. Raises RegistryError.
    """
    answer = repository.ask(Ask("HEAD", f"manifests/{wanted}", {"Accept": _ACCEPTED}))
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise repository.refusal(answer, "push")
    try:
        return Digest.parse(answer.headers.get(_DIGEST, ""))
    except StoreError:
        return get(repository, wanted).descriptor.digest


def put(repository: Repository, wanted: str, stated: Stated) -> Answer:
    """Under a tag or its digest. Raises RegistryError, also where other bytes are there after."""
    headers = {"Content-Type": stated.descriptor.media_type}
    ask = Ask("PUT", f"manifests/{wanted}", headers, content=stated.raw)
    answer = repository.ask(ask)
    if answer.status == 400:
        # Once more: what is refused may have been altered on its way.
        answer = repository.ask(ask)
    if answer.status not in (200, 201, 202, 204):
        raise repository.refusal(answer, f"push {wanted}")
    digest = str(stated.descriptor.digest)
    came = answer.headers.get(_DIGEST) or str(find(repository, wanted))
    if came != digest:
        raise RegistryError("keeps other bytes than it was sent", repository.where, digest, came)
    return answer


@contextmanager
def explained(where: str) -> Iterator[None]:
    """What is wrong with a document is said of the repository that it came from."""
    try:
        yield
    except StoreError as error:
        place = error.where if error.where.startswith(where) else f"{where}: {error.where}"
        raise RegistryError(
            error.problem, place.removesuffix(": "), error.expected, error.came, error.todo
        ) from error


def _media_type(answer: Answer, what: str) -> str:
    """What a document says it is, else what the registry says (image-spec 1.1, manifest.md)."""
    with explained(what):
        document = Document.parse(answer.content, what)
        told = document.text("mediaType") if document.has("mediaType") else ""
    if told:
        found = told
    else:
        found = answer.headers.get("Content-Type", "").partition(";")[0].strip()
    if document.has("schemaVersion") and document.fields["schemaVersion"] == 1:
        found = _OLD
    if found.startswith(_OLD):
        todo = "push it again with a Docker of this decade"
        raise RegistryError("is in Docker's old form, schema 1", what, todo=todo)
    if found in _ACCEPTED.split(", "):
        return found
    if document.has("manifests") or document.has("layers"):
        return media_types.INDEX if document.has("manifests") else media_types.MANIFEST
    raise RegistryError("is no image", what, "a manifest or an index", found[:80] or "no type")
