"""Where an archive's files are asked for: the user's mirror first, then the archive itself.

What is fetched is held to a hash from a signed index, so a mirror need not be trusted.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import httpx

from lading.building.proxies import by_way_of
from lading.errors import ArchiveError

MIRROR = "LADING_DEBIAN_MIRROR"
"""Base URL used instead of an archive's own: a mirror near by, a proxy, or a day of Debian's
snapshot service, which keeps what the archive forgets."""
ATTEMPTS = 3
TIMEOUT_SECONDS = 30.0


def urls(archive: str, path: str, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Every URL at which `path` of `archive` may be found, in the order to try them."""
    bases = dict.fromkeys(base.rstrip("/") for base in (environ.get(MIRROR, ""), archive) if base)
    return tuple(f"{base}/{path}" for base in bases)


def client() -> httpx.Client:
    """An HTTP client that honours http_proxy, https_proxy, no_proxy and SSL_CERT_FILE."""
    return httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=True)


def unreachable(what: str, tried: tuple[str, ...], came: str) -> ArchiveError:
    """The error for a file that no mirror gave."""
    return ArchiveError(
        "cannot be downloaded",
        where=what,
        expected=f"an answer from {' or '.join(without_credentials(url) for url in tried)}",
        came=f"{came}{by_way_of(tried[-1]) if tried else ''}",
        todo=f"check the network, or name a mirror in {MIRROR}",
    )


def without_credentials(url: str) -> str:
    """`url` as it may be shown: a mirror's password is nobody else's business."""
    return str(httpx.URL(url).copy_with(userinfo=b""))
