"""Which database an app is remembered in, and what of it is the app's.

By default it is a SQLite file of the app's own. A PostgreSQL is named by a URL as libpq reads it
(PostgreSQL's manual, "Connection URIs"); what the URL leaves out, a password above all, libpq takes
from PGPASSWORD, ~/.pgpass and their like.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from lading.errors import StateError
from lading.state.machine import machine

VARIABLE = "LADING_DATABASE"
OWN = "sqlite"
"""Written instead of a URL: the file of the app's own."""
EXPECTED = "postgresql://HOST/DATABASE, or sqlite"
_SECRET = frozenset({"password", "sslpassword"})
_SQLITE = "sqlite:///"
_NAME = re.compile(r"[^:/?#@]*")
_NOT_PLAIN = re.compile(r"[/?#@]|%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class Address:
    """A database, and the rows of it that are one app's.

    Revisions belong to the app, whatever machine they run on. What is wanted, and what happened,
    belongs to a site: one folder on one machine.
    """

    url: str = field(repr=False)
    """May hold a password: only `shown` is for people."""
    app: str = ""
    """Its name in lading.yaml; empty in a file of its own, so that the name may change there."""
    site: str = ""
    """Empty in a file of its own."""

    @classmethod
    def own(cls, file: Path) -> Address:
        """All of a SQLite file."""
        return cls(f"{_SQLITE}{file}")

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for a server."""
        return Path(self.url.removeprefix(_SQLITE)) if self.url.startswith(_SQLITE) else None

    @property
    def shown(self) -> str:
        """For people, and for files: without a password."""
        return str(self.file) if self.file else without_password(self.url)


def check(text: str, where: str) -> str:
    """A URL, or `OWN`, as written in `where`. Raises StateError, without the password."""
    scheme, _, rest = text.partition("://")
    if text != OWN and scheme not in ("postgresql", "postgres"):
        raise StateError(
            "not a database that Lading uses", where, EXPECTED, came=without_password(text)
        )
    if _NOT_PLAIN.search(rest.rpartition("@")[0]):
        raise StateError(
            "the user or the password of the URL cannot be read",
            where,
            todo="write it percent-encoded, %40 for @ and %2F for /, or leave the password to "
            "PGPASSWORD or ~/.pgpass",
        )
    return text


def without_password(url: str) -> str:
    """What of a URL may be shown, also of one that was written wrongly."""
    scheme, _, rest = url.rpartition("://")
    user, at, host = rest.rpartition("@")
    place, asked, query = host.partition("?")
    told = [(x, y) for x, y in parse_qsl(query) if x not in _SECRET]
    shown = f"{place}{asked if told else ''}{urlencode(told, safe='/')}"
    return f"{scheme}://{_NAME.match(user)[0]}{at}{shown}" if scheme else shown  # type: ignore[index]


def holds_password(url: str) -> bool:
    """Whether a URL says what nobody may read, be it written wrongly."""
    user, _, host = url.rpartition("://")[2].rpartition("@")
    named = {name for name, _ in parse_qsl(host.partition("?")[2])}
    return ":" in user or bool(named & _SECRET)


@dataclass(frozen=True)
class Kept:
    """What was chosen when the app was last started. Holds no password."""

    url: str = OWN
    app: str = ""

    def with_password(self, environ: Mapping[str, str]) -> str:
        """The URL; that of the environment where it names the same place."""
        own = environ.get(VARIABLE, "")
        return own if own and without_password(own) == self.url else self.url

    def address(self, own: Path, data: Path, environ: Mapping[str, str]) -> Address:
        """The app whose files are in `own`, in this database; a file there where it is no other.

        `data` is the user's folder, which says what machine this is.
        """
        if self.url == OWN:
            return Address.own(own / "state.db")
        return Address(self.with_password(environ), self.app, f"{machine(data)}/{own.name}")


def remember(file: Path, kept: Kept) -> None:
    """Keep a choice for whoever comes later, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps({"url": without_password(kept.url), "app": kept.app}))
    temporary.rename(file)


def recalled(file: Path) -> Kept | None:
    """The choice that was kept; None where none was."""
    try:
        return Kept(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None
