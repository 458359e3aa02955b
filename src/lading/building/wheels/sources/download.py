"""A file of an index or at an address, fetched with the user's own credentials, to its hash."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from lading.building.proxies import by_way_of
from lading.building.wheels import indexes, requirements, uv_settings
from lading.building.wheels.sources import credentials
from lading.building.wheels.sources.credentials import Place
from lading.building.wheels.sources.direct import expanded, without_credentials
from lading.errors import RequirementsError

_SECONDS = 60.0
_LISTS = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_FIND_LINKS")


def fetch(url: str, asked: Path, to: IO[bytes], where: str) -> str:
    """Write what is at `url` to `to`; its SHA-256.

    `asked` is the file of requirements whose indexes are known. Raises RequirementsError, without
    credentials.
    """
    import httpx

    _check(url, where)
    told = indexes.environment()
    settings = uv_settings.read(asked.parent, told)
    found = credentials.find(url, places(asked, told, settings), by_keyring(told, settings), told)
    seen = hashlib.sha256()
    auth = (found.user, found.password) if found else None
    verify = verified_by(told.get("SSL_CERT_FILE", ""))
    try:
        with (
            httpx.Client(
                timeout=_SECONDS,
                follow_redirects=True,
                verify=verify,
            ) as client,
            client.stream("GET", bare(url), auth=auth) as answer,
        ):
            answer.raise_for_status()
            for chunk in answer.iter_raw(1 << 18):
                seen.update(chunk)
                to.write(chunk)
    except httpx.HTTPStatusError as error:
        raise _failed(url, where, f"HTTP status {error.response.status_code}", auth) from None
    except httpx.HTTPError as error:
        came = f"{str(error) or type(error).__name__}{by_way_of(url)}"
        raise _failed(url, where, came, auth) from None
    return seen.hexdigest()


def _check(url: str, where: str) -> None:
    """Raises RequirementsError for what is no address, as where a variable is not set."""
    try:
        good = bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:
        good = False
    if not good:
        came = without_credentials(url).partition("?")[0]
        todo = "correct it, and set the variables that it names"
        raise RequirementsError("is no address", where, "https://host/path", came, todo)


def bare(url: str) -> str:
    """`url` without user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def places(asked: Path, told: Mapping[str, str], settings: Mapping[str, Any]) -> list[Place]:
    """Every index that uv would ask for what `asked` needs."""
    found = []
    for variable in _LISTS:
        for word in told.get(variable, "").replace(",", " ").split():
            name, equals, url = word.partition("=")
            is_named = equals and "://" not in name
            found.append(Place(url, name) if is_named else Place(word))
    for line in requirements.index_options(asked):
        found.append(Place(expanded(line.partition(" ")[2].strip(), told)))
    for one in settings.get("index", ()):
        found.append(Place(str(one.get("url", "")), str(one.get("name", ""))))
    for key in ("index-url", "extra-index-url"):
        value = settings.get(key, [])
        found += [Place(str(one)) for one in (value if isinstance(value, list) else [value])]
    return [one for one in found if "://" in one.url]


def by_keyring(told: Mapping[str, str], settings: Mapping[str, Any]) -> bool:
    """Whether the program `keyring` is to be asked."""
    return "subprocess" in (told.get("UV_KEYRING_PROVIDER"), settings.get("keyring-provider"))


def verified_by(file: str) -> ssl.SSLContext | bool:
    """What httpx is to hold a certificate to: the authorities of `file`, else the usual ones."""
    return ssl.create_default_context(cafile=file) if file and Path(file).is_file() else True


def _failed(url: str, where: str, came: str, auth: object) -> RequirementsError:
    refused = "status 401" in came or "status 403" in came
    return RequirementsError(
        "the source cannot be fetched",
        where=where,
        expected=f"an answer from {without_credentials(bare(url)).partition('?')[0]}",
        came=came,
        todo=(
            "correct the credential"
            if auth
            else "give a credential in the index's URL, a netrc or a keyring"
        )
        if refused
        else "check the network, and the index that pip and uv are set to",
    )
