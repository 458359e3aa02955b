"""A content's identity (OCI image specification 1.1, descriptor.md, "Digests")."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from lading.errors import StoreError

_SHA256 = re.compile(r"sha256:([0-9a-f]{64})\Z")


@dataclass(frozen=True, order=True)
class Digest:
    """The SHA-256 of some bytes. `hex` is 64 lower-case hexadecimal digits."""

    hex: str

    @classmethod
    def of(cls, content: bytes) -> Digest:
        return cls(hashlib.sha256(content).hexdigest())

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read `sha256:…`. Raises StoreError for anything else."""
        if match := _SHA256.match(text):
            return cls(match.group(1))
        raise StoreError("not a digest", expected="sha256: and 64 hexadecimal digits", came=text)

    @property
    def short(self) -> str:
        """The first twelve digits: enough for a person, never for a lookup."""
        return self.hex[:12]

    def __str__(self) -> str:
        return f"sha256:{self.hex}"
