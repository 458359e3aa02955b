"""A look at what an app remembers, for whoever must change nothing and cannot wait.

Opens the file for reading alone, and without SQLAlchemy, which takes longer to import than most
commands last. An app that is up is asked through its controller instead.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

LAST = "last"
"""The fact that holds what was wanted before an app went down: [service, revision, replicas]."""


@dataclass(frozen=True)
class Seen:
    """A service that is wanted, or was before the app went down. `content` is its revision's."""

    service: str
    revision: int
    replicas: int
    content: str


@dataclass(frozen=True)
class Glance:
    """What was wanted last, and the app's facts as JSON text."""

    services: tuple[Seen, ...]
    facts: Mapping[str, str]


def glance(path: Path) -> Glance | None:
    """None where there is no database, or none that can be read as it is."""
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            return _read(database)
    except (sqlite3.Error, ValueError, TypeError):
        return None


def _read(database: sqlite3.Connection) -> Glance:
    facts = dict(database.execute("SELECT key, value FROM app").fetchall())
    wanted = database.execute("SELECT service, revision, replicas FROM wanted").fetchall()
    if not wanted:
        wanted = json.loads(facts.get(LAST, "[]"))
    rows = database.execute("SELECT service, number, content FROM revisions").fetchall()
    content = {(service, number): text for service, number, text in rows}
    seen = (
        Seen(service, revision, replicas, content[service, revision])
        for service, revision, replicas in wanted
        if (service, revision) in content
    )
    return Glance(tuple(seen), facts)
