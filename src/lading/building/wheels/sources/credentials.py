"""Who may fetch a file of an index: found where uv finds it, since uv fetches no sources for us.

In this order: the URL of the index itself, `UV_INDEX_<NAME>_USERNAME` and `_PASSWORD`, a netrc, the
program `keyring` where uv is told to use it.
Source: https://docs.astral.sh/uv/concepts/authentication/http/.
"""

from __future__ import annotations

import netrc
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

_SECONDS = 30
_KEYRING_USER = "oauth2accesstoken"


@dataclass(frozen=True)
class Place:
    """An index: its URL, which may hold a credential, and the name it has in uv's settings."""

    url: str
    name: str = ""


@dataclass(frozen=True)
class Credential:
    """Never shown: its text tells nothing."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "Credential(…)"


def find(
    url: str, indexes: Iterable[Place], keyring: bool, environ: Mapping[str, str] = os.environ
) -> Credential | None:
    """For a file at `url`; None where nobody has any."""
    own = _of_url(url)
    if own and own.password:
        return own
    known = [one for one in indexes if _realm(one.url) == _realm(url)]
    for one in known:
        found = _of_environ(one.name, environ) or _of_url(one.url)
        if found and found.password:
            return found
    if found := _of_netrc(url, environ):
        return found
    users = [found.user for one in known if (found := _of_url(one.url))]
    return _of_keyring([*(one.url for one in known), url], users) if keyring else None


def _realm(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", parts.port or usual


def _of_url(url: str) -> Credential | None:
    parts = urlsplit(url)
    if not parts.username and not parts.password:
        return None
    return Credential(unquote(parts.username or ""), unquote(parts.password or ""))


def _of_environ(name: str, environ: Mapping[str, str]) -> Credential | None:
    key = re.sub(r"[^A-Z0-9]", "_", name.upper())
    user = environ.get(f"UV_INDEX_{key}_USERNAME", "")
    password = environ.get(f"UV_INDEX_{key}_PASSWORD", "")
    return Credential(user, password) if name and (user or password) else None


def _of_netrc(url: str, environ: Mapping[str, str]) -> Credential | None:
    home = Path(environ.get("HOME") or Path.home())
    path = Path(environ["NETRC"]) if environ.get("NETRC") else home / ".netrc"
    try:
        found = netrc.netrc(path).authenticators(urlsplit(url).hostname or "")
    except (OSError, netrc.NetrcParseError):
        return None
    return Credential(found[0], found[2] or "") if found else None


def _of_keyring(urls: Iterable[str], users: Iterable[str]) -> Credential | None:
    """By URL, then by host, as uv asks it."""
    hosts = [urlsplit(url).netloc.rpartition("@")[2] for url in urls]
    plain = [_bare(url) for url in urls]
    for user in dict.fromkeys([*users, _KEYRING_USER]):
        for service in dict.fromkeys([*plain, *hosts]):
            if password := _asked(service, user):
                return Credential(user, password)
    return None


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _asked(service: str, user: str) -> str:
    try:
        done = subprocess.run(
            ["keyring", "get", service, user],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.rstrip("\n") if done.returncode == 0 else ""
