"""Whether every index lets us in: asked before anything is resolved.

uv passes over an index that refuses, as over one that has no such package; then whoever put a
package of that name on another index would have its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from lading.building.wheels import indexes, uv_settings
from lading.building.wheels.sources import credentials, download
from lading.building.wheels.sources.credentials import Credential
from lading.errors import RequirementsError

_SECONDS = 10.0
_UNAUTHORIZED = 401
"""403 is what some say of every package that they do not have."""


def check(asked: Path) -> None:
    """Raises RequirementsError for an index of the file `asked`, or of the user's, that refuses.

    One that does not answer is for uv to tell of.
    """
    told = indexes.environment()
    if told.get("UV_OFFLINE") or indexes.options(told):
        return
    settings = uv_settings.read(asked.parent, told)
    places = download.places(asked, told, settings)
    for place in places:
        if place.url.startswith(("http://", "https://")):
            found = credentials.find(place.url, places, download.by_keyring(told, settings), told)
            _check(download.bare(place.url), found, told)


def _check(url: str, found: Credential | None, told: Mapping[str, str]) -> None:
    if _status(url, found, told.get("SSL_CERT_FILE", "")) != _UNAUTHORIZED:
        return
    raise RequirementsError(
        "the index lets nobody in",
        where=url.partition("?")[0],
        expected=(
            f"that {found.user or 'what it was given'} may read it"
            if found
            else "a user and a password, and none are known for it"
        ),
        came=f"HTTP status {_UNAUTHORIZED}",
        todo="give what it lets in by in its URL, a netrc or a keyring, as "
        "docs/reference/requirements.md tells",
    )


@lru_cache
def _status(url: str, found: Credential | None, certificates: str) -> int:
    """Of the page of a package that it need not have; 0 where nobody answers."""
    import httpx

    auth = (found.user, found.password) if found else None
    verify = download.verified_by(certificates)
    page = f"{url.partition('?')[0].rstrip('/')}/pip/"
    client = httpx.Client(timeout=_SECONDS, follow_redirects=True, verify=verify, auth=auth)
    try:
        with client:
            return client.head(page).status_code
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return 0
