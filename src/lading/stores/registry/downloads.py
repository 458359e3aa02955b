"""Blobs out of a repository. A broken download goes on where it broke; other bytes are not kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from lading.errors import DamagedBlob, RegistryError
from lading.oci import Descriptor, Digest
from lading.stores.registry.patience import InVainError, Pace, PassingError, Tries
from lading.stores.registry.repository import Answer, Ask, Repository
from lading.stores.store import Blobs, BlobWriter

_RANGE = re.compile(r"bytes (\d{1,18})-")

Heard = Callable[[int], None]
"""Told of bytes as they pass; of fewer than none when some have to pass again."""


def download(repository: Repository, wanted: Descriptor, blobs: Blobs, heard: Heard) -> None:
    """Put a blob into a store, once all of it is there and has its digest. Raises RegistryError."""
    tries = repository.tries(f"{repository.where}@{wanted.digest}")
    while True:
        with blobs.writer() as writer:
            _Download(repository, wanted, writer, heard, tries).run()
            try:
                writer.commit(wanted.media_type, wanted.digest)
                return
            except DamagedBlob as damage:
                heard(-wanted.size)
                tries.wait(PassingError(f"bytes whose digest is {damage.came}"))


def small(repository: Repository, wanted: Descriptor, most_bytes: int) -> bytes:
    """A blob that is read as a whole. Raises RegistryError, also where it is larger."""
    where = f"{repository.where}@{wanted.digest}"
    if wanted.size > most_bytes:
        expected, came = f"at most {most_bytes} bytes", f"{wanted.size} bytes"
        raise RegistryError("is too large", where, expected, came)
    tries = repository.tries(where)
    while True:
        answer = repository.ask(Ask("GET", f"blobs/{wanted.digest}"), wanted.size)
        if answer.status != 200:
            raise repository.refusal(answer, f"pull {wanted.digest}")
        came = hashlib.sha256(answer.content).hexdigest()
        if came == wanted.digest.hex:
            return answer.content
        tries.wait(PassingError(f"bytes whose digest is {Digest(came)}"))


@dataclass
class _Download:
    repository: Repository
    wanted: Descriptor
    writer: BlobWriter
    heard: Heard
    tries: Tries
    got: int = 0

    def run(self) -> None:
        """Write as many bytes as there should be."""
        while self.got < self.wanted.size:
            before = self.got
            try:
                self._part()
                if self.got < self.wanted.size:
                    raise PassingError(f"{self.got} bytes of {self.wanted.size}, then the end")
            except PassingError as fault:
                self.tries.progressed(self.got - before)
                self.tries.wait(fault)

    def _part(self) -> None:
        headers = {"Range": f"bytes={self.got}-"} if self.got else {}
        with self.repository.open(Ask("GET", f"blobs/{self.wanted.digest}", headers)) as response:
            if response.status_code not in (200, 206):
                answer = Answer(response.status_code, response.headers, b"", response.url)
                raise self.repository.refusal(answer, f"pull {self.wanted.digest}")
            # Who does not know ranges begins anew, and so is let pass as far as we are.
            begin = _begin(response.headers.get("Content-Range", ""), response.status_code)
            if begin > self.got:
                raise PassingError(f"bytes from {begin}, not from {self.got}")
            surplus, pace = self.got - begin, Pace(self.repository.endpoint.patience)
            # In no larger pieces than they come in: what is held back is lost by a break.
            for chunk in response.iter_raw():
                new = chunk[surplus:]
                surplus = max(0, surplus - len(chunk))
                self._take(new)
                pace.passed(len(chunk))

    def _take(self, chunk: bytes) -> None:
        if self.repository.vain.is_set():
            raise InVainError
        if self.got + len(chunk) > self.wanted.size:
            where = f"{self.repository.where}@{self.wanted.digest}"
            raise RegistryError("the blob is too large", where, f"{self.wanted.size} bytes", "more")
        self.writer.write(chunk)
        self.got += len(chunk)
        self.heard(len(chunk))


def _begin(content_range: str, status: int) -> int:
    if status == 200:
        return 0
    match = _RANGE.match(content_range)
    if match is None:
        raise PassingError("a part without a Content-Range")
    return int(match[1])
