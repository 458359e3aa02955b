"""Blobs into a repository: only what it lacks, and after a break only what did not arrive.

Source: OCI distribution specification 1.1, "Pushing Blobs". A large blob is one PATCH, as Docker
sends it, since some registries bound chunks; what is left after a break is another one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import BinaryIO

import httpx

from lading.errors import RegistryError
from lading.oci import Descriptor, Digest
from lading.stores.images import damaged
from lading.stores.registry import redirects
from lading.stores.registry.downloads import Heard
from lading.stores.registry.patience import InVainError, Pace, PassingError, Tries
from lading.stores.registry.repository import Answer, Ask, Repository

_CHUNK_BYTES = 256 * 1024
_WHOLE_BYTES = 64 * 1024
"""Up to here one request is cheaper than what it could save."""
_BYTES = {"Content-Type": "application/octet-stream"}
_RANGE = re.compile(r"(?:bytes=)?0-(\d{1,18})\Z")
_LOST = (400, 404, 409, 416)
"""Answers in the middle of an upload that is no longer what the registry thinks it is."""
_UNSUPPORTED = (405, 411, 415, 501)


class Outcome(Enum):
    """How a blob came to be in a repository."""

    THERE = "there"
    MOUNTED = "mounted"
    SENT = "sent"


@dataclass(frozen=True)
class Source:
    """A blob, and a way to read it from its start."""

    descriptor: Descriptor
    open: Callable[[], BinaryIO]


def upload(repository: Repository, source: Source, mount_from: str | None, heard: Heard) -> Outcome:
    """See to it that the repository has a blob. `heard` is told of all its bytes in any case.

    `mount_from` is a repository of the same registry that is likely to have it. Raises
    RegistryError, and DamagedBlob where the store's own bytes are not what they should be.
    """
    if has(repository, source.descriptor.digest):
        heard(source.descriptor.size)
        return Outcome.THERE
    url = _begun(repository, source.descriptor.digest, mount_from)
    if url is None:
        heard(source.descriptor.size)
        return Outcome.MOUNTED
    tries = repository.tries(f"{repository.where}@{source.descriptor.digest}")
    _Upload(repository, source, heard, tries, url).run()
    return Outcome.SENT


def has(repository: Repository, digest: Digest) -> bool:
    """Whether a blob is there."""
    answer = repository.ask(Ask("HEAD", f"blobs/{digest}"))
    if answer.status not in (200, 404):
        raise repository.refusal(answer, "push")
    return answer.status == 200


def _begun(repository: Repository, digest: Digest, mount_from: str | None) -> httpx.URL | None:
    """Where to send the bytes; None where the blob was mounted."""
    if mount_from:
        repository.proof.also(f"repository:{mount_from}:pull")
        params = {"mount": str(digest), "from": mount_from}
        answer = repository.ask(Ask("POST", "blobs/uploads/", params=params))
        if answer.status == 201:
            return None
        if answer.status == 202:
            return _place(repository, answer)
    answer = repository.ask(Ask("POST", "blobs/uploads/"))
    if answer.status not in (201, 202):
        raise repository.refusal(answer, "push")
    return _place(repository, answer)


def _place(repository: Repository, answer: Answer) -> httpx.URL:
    location = answer.headers.get("Location", "")
    if not location:
        raise RegistryError("names no place to upload to", repository.where)
    return redirects.target(answer.url, location, repository.endpoint.insecure)


@dataclass
class _Upload:
    repository: Repository
    source: Source
    heard: Heard
    tries: Tries
    url: httpx.URL
    sent: int = 0
    """Bytes that `heard` was told of."""
    kept: int = 0
    """Bytes that the registry has."""
    whole: bool = False
    """Whether the blob is sent by the one request that ends an upload."""
    spoiled: bool = False
    """Whether nothing that has arrived is of use."""

    def run(self) -> None:
        """Send what is missing until nothing is."""
        self.whole = self._size <= _WHOLE_BYTES
        while True:
            try:
                if not self.whole and self.kept < self._size:
                    self._patch()
                if self.kept == self._size or self.whole:
                    self._finish()
                    return
            except PassingError as fault:
                self.tries.wait(fault)
                if has(self.repository, self.source.descriptor.digest):
                    # It arrived; the answer that said so did not.
                    self._tell(self._size)
                    return
                self._resume()

    @property
    def _size(self) -> int:
        return self.source.descriptor.size

    def _patch(self) -> None:
        before, headers = self.kept, dict(_BYTES)
        if before:
            headers["Content-Range"] = f"{before}-{self._size - 1}"
        answer = self._send("PATCH", headers, {}, before)
        if answer.status in _UNSUPPORTED and not before:
            self.whole = True
            self._restart()
            return
        if answer.status in _LOST:
            raise PassingError(f"HTTP status {answer.status}")
        if answer.status not in (200, 201, 202, 204):
            raise self.repository.refusal(answer, "push")
        self.url = _place(self.repository, answer)
        self.kept = self._size

    def _finish(self) -> None:
        digest = str(self.source.descriptor.digest)
        begin = 0 if self.whole else self._size
        answer = self._send("PUT", _BYTES, {"digest": digest}, begin)
        if answer.status in _LOST:
            self._check_own()
            # What arrived is not what was sent: some registries would take more of the same.
            self.spoiled = True
            raise PassingError(f"HTTP status {answer.status} at the end of an upload")
        if answer.status not in (200, 201, 202, 204):
            raise self.repository.refusal(answer, "push")
        came = answer.headers.get("Docker-Content-Digest", digest)
        if came != digest:
            raise RegistryError(
                "keeps other bytes than it was sent", self.repository.where, digest, came
            )

    def _send(
        self, method: str, headers: dict[str, str], params: dict[str, str], begin: int
    ) -> Answer:
        content = partial(self._read, begin)
        ask = Ask(method, self.url, headers, params, content, self._size - begin)
        with self.repository.open(ask) as response:
            return self.repository.answer(response)

    def _read(self, begin: int) -> Iterator[bytes]:
        self._tell(begin)
        pace = Pace(self.repository.endpoint.patience)
        with self.source.open() as stream:
            stream.seek(begin)
            while chunk := stream.read(_CHUNK_BYTES):
                if self.repository.vain.is_set():
                    raise InVainError
                yield chunk
                pace.passed(len(chunk))
                self._tell(self.sent + len(chunk))

    def _resume(self) -> None:
        """Ask how much has arrived, and go on there; begin anew where that cannot be told."""
        if not (self.whole or self.spoiled):
            answer = self.repository.ask(Ask("GET", self.url))
            if answer.status in (200, 202, 204) and "Range" in answer.headers:
                kept = _kept(answer.headers["Range"])
                if kept <= self._size:
                    self.tries.progressed(max(0, kept - self.kept))
                    self.kept = kept
                    if answer.headers.get("Location"):
                        self.url = _place(self.repository, answer)
                    return
        self._restart()

    def _restart(self) -> None:
        self.kept, self.spoiled = 0, False
        url = _begun(self.repository, self.source.descriptor.digest, None)
        self.url = url or self.url

    def _tell(self, sent: int) -> None:
        self.heard(sent - self.sent)
        self.sent = sent

    def _check_own(self) -> None:
        wanted = self.source.descriptor.digest
        seen = hashlib.sha256()
        with self.source.open() as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                seen.update(chunk)
        came = Digest(seen.hexdigest())
        if came != wanted:
            raise damaged("a layer in the store", wanted, came)


def _kept(text: str) -> int:
    """Bytes that a Range header says have arrived. `0-0` is said of none as well as of one."""
    match = _RANGE.match(text.strip())
    last = int(match[1]) if match else 0
    return last + 1 if last else 0
