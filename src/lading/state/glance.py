"""A look at what is wanted of an app, for whoever must change nothing and cannot wait.

An app that is up is asked through its controller instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lading.errors import StateAway, StateError
from lading.state import shape
from lading.state.address import Address
from lading.state.reading import Rows, reading

LAST = "last"
"""The fact that holds what was wanted before an app went down: [service, revision, replicas]."""


@dataclass(frozen=True)
class Seen:
    """A service that is wanted, or was before the app went down. The texts are its revision's."""

    service: str
    revision: int
    replicas: int
    content: str
    told: str = "{}"


@dataclass(frozen=True)
class Glance:
    """What was wanted last, and the app's facts as JSON text."""

    services: tuple[Seen, ...]
    facts: Mapping[str, str]


def glance(address: Address) -> Glance | None:
    """None where there is no database, or none that can be read as it is.

    Raises StateAway where a server does not answer: then nobody knows.
    """
    try:
        with reading(address) as rows:
            match shape.found(rows, address):
                case None:
                    return None
                case "0001":
                    return _read(rows, _Earlier())
                case _:
                    return _read(rows, _Newest(address))
    except StateAway:
        raise
    except (FileNotFoundError, StateError, ValueError, TypeError):
        return None


@dataclass(frozen=True)
class _Newest:
    """Statements, and the values each begins with."""

    address: Address
    facts = "SELECT key, value FROM facts WHERE app = ? AND site = ?"
    wanted = "SELECT service, revision, replicas FROM wanted WHERE app = ? AND site = ?"
    revision = "SELECT content, told FROM revisions WHERE app = ? AND service = ? AND number = ?"

    @property
    def here(self) -> tuple[str, ...]:
        return (self.address.app, self.address.site)

    @property
    def mine(self) -> tuple[str, ...]:
        return (self.address.app,)


@dataclass(frozen=True)
class _Earlier:
    """Of the shape 0001: what was written by an earlier Lading, which has not been up since."""

    facts = "SELECT key, value FROM app"
    wanted = "SELECT service, revision, replicas FROM wanted"
    revision = "SELECT content, '{}' FROM revisions WHERE service = ? AND number = ?"
    here: tuple[str, ...] = ()
    mine: tuple[str, ...] = ()


def _read(rows: Rows, sql: _Newest | _Earlier) -> Glance:
    facts: dict[str, str] = dict(rows(sql.facts, *sql.here))
    wanted: Iterable[Any] = rows(sql.wanted, *sql.here) or json.loads(facts.get(LAST, "[]"))
    seen = [
        Seen(service, revision, replicas, content, told)
        for service, revision, replicas in wanted
        for content, told in rows(sql.revision, *sql.mine, service, revision)
    ]
    return Glance(tuple(seen), facts)
