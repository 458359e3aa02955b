"""Where an image is in a registry: `host/repository:tag@digest`.

Source of the grammar: https://github.com/distribution/reference, which Docker's command line goes
by: what has no host is Docker Hub's, and what has no folder there lies in `library`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from lading.errors import StoreError
from lading.oci.digest import Digest

DOCKER_HUB = "docker.io"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*\Z")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]{{1,5}})?\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
_EXPECTED = "[registry.example.org/]name[:tag][@sha256:…]"


@dataclass(frozen=True, order=True)
class Location:
    """A place in a registry. `digest`, where there is one, decides; `tag` is for people then."""

    host: str
    """With its port, where one is named: "localhost:5000"."""
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Location:
        """As Docker reads it: `python` is `docker.io/library/python`. Raises StoreError."""
        rest, _, digest = text.partition("@")
        host, slash, repository = rest.partition("/")
        if not slash or not (set(".:") & set(host) or host == "localhost" or host != host.lower()):
            host, repository = DOCKER_HUB, rest
        repository, _, tag = repository.partition(":")
        if host == DOCKER_HUB and "/" not in repository:
            repository = f"library/{repository}"
        is_one = _HOST.match(host) and _REPOSITORY.match(repository)
        if not is_one or (":" in rest.rpartition("/")[2] and not _TAG.match(tag)):
            raise StoreError("not the name of an image", expected=_EXPECTED, came=text)
        if "@" in text:
            return cls(host, repository, tag or None, Digest.parse(digest))
        return cls(host, repository, tag or None)

    @property
    def wanted(self) -> str:
        """What a registry is asked for: the digest, else the tag, else "latest"."""
        return str(self.digest) if self.digest else self.tag or "latest"

    def at(self, digest: Digest) -> Location:
        """The same place, pinned."""
        return replace(self, digest=digest)

    def tagged(self, tag: str) -> Location:
        """The same repository by a tag. Raises StoreError for what is no tag."""
        if not _TAG.match(tag):
            raise StoreError("not a tag", expected="letters, digits, '.', '_', '-'", came=tag)
        return replace(self, tag=tag, digest=None)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.host}/{self.repository}{tag}{digest}"
