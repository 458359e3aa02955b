"""The name of an image in a store: `app/service:tag`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lading.errors import StoreError

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")


@dataclass(frozen=True, order=True)
class Reference:
    """A repository path and a tag, by the grammar of the OCI distribution specification 1.1."""

    name: str
    tag: str = "latest"

    def __post_init__(self) -> None:
        if not _NAME.match(self.name) or not _TAG.match(self.tag):
            came = f"{self.name}:{self.tag}"
            raise StoreError("not an image name", expected="lower-case name[:tag]", came=came)

    @classmethod
    def parse(cls, text: str) -> Reference:
        name, _, tag = text.partition(":")
        return cls(name, tag or "latest")

    def __str__(self) -> str:
        return f"{self.name}:{self.tag}"
