"""What images are called in a registry: `registry`, the app, the service, a tag."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lading.errors import UsageError
from lading.oci.location import DOCKER_HUB, Location

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|\[[0-9A-Fa-f:]+\]|[A-Za-z0-9-]+(?=:))"
HOST = rf"{_HOST}(?::[0-9]{{1,5}})?"
"""A registry. One word without a dot or a port is none, but for localhost, as Docker has it."""
PLACE = rf"{HOST}(?:/{_PART})*"
"""A registry, and where in it."""
EXAMPLE = "registry.example.org/team"


@dataclass(frozen=True)
class Place:
    """Below which images of an app are kept: "ghcr.io/team"."""

    host: str
    path: str

    @classmethod
    def parse(cls, text: str) -> Place:
        """Raises UsageError."""
        if not re.fullmatch(PLACE, text):
            expected = f"a host, and a path in lower case or none, such as {EXAMPLE}"
            raise UsageError("is no place in a registry", text, expected)
        host, _, path = text.partition("/")
        return cls(host, path)

    def of(self, app: str, service: str, tag: str = "latest") -> Location:
        """`place/app/service:tag`; `docker.io/name/app-service:tag`, since Docker Hub has no more
        than two parts."""
        own = f"{app}-{service}" if self.host == DOCKER_HUB else f"{app}/{service}"
        path = f"{self.path}/{own}" if self.path else own
        return Location(self.host, path).tagged(tag)
