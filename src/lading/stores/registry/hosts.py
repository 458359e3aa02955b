"""What is said of registries by hand: mirrors, and which may be asked insecurely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lading.oci.location import DOCKER_HUB

_HUB_API = "registry-1.docker.io"


@dataclass(frozen=True)
class Host:
    """What is said of one registry. By default: TLS, checked, and no mirror."""

    mirrors: tuple[str, ...] = ()
    """Hosts, each with a path or none, asked in this order before the registry itself, and only
    when something is pulled. What is pinned by a digest is checked, so a mirror need not be trusted
    with it."""
    insecure: bool = False
    """Whether a certificate that proves nothing, or plain HTTP, will do."""


Hosts = Mapping[str, Host]
"""By host, with its port where one is named: "localhost:5000"."""


def address(host: str) -> str:
    """Where the API of a registry answers."""
    return _HUB_API if host == DOCKER_HUB else host
