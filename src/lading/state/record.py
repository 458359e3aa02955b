"""Reads and writes what an app must remember. Knows rows and JSON text, not what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlalchemy.exc import DatabaseError

from lading.errors import StateError
from lading.state import tables


@dataclass(frozen=True)
class StoredRevision:
    """A row of `revisions`. `content` is JSON and never changes."""

    service: str
    number: int
    created_at: datetime
    content: str


@dataclass(frozen=True)
class Want:
    """A service's wanted revision and number of replicas."""

    service: str
    revision: int
    replicas: int


@dataclass(frozen=True)
class Event:
    """Something that happened to `subject`, in a sentence for a person."""

    at: datetime
    subject: str
    text: str


EVENTS_KEPT = 10_000


class Record:
    """One app's memory. Every method is one transaction; all raise StateError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_revision(self, service: str, content: str) -> StoredRevision:
        """Keep `content` under the service's next number, from 1."""
        with self._transaction() as connection:
            newest = connection.scalar(
                select(func.max(tables.revisions.c.number)).where(
                    tables.revisions.c.service == service
                )
            )
            stored = StoredRevision(service, (newest or 0) + 1, datetime.now(UTC), content)
            connection.execute(
                insert(tables.revisions).values(
                    service=service,
                    number=stored.number,
                    created_at=stored.created_at.replace(tzinfo=None),
                    content=content,
                )
            )
            return stored

    def revisions(self, service: str | None = None) -> list[StoredRevision]:
        """Oldest first; of one service or of all."""
        query = select(tables.revisions).order_by(
            tables.revisions.c.service, tables.revisions.c.number
        )
        if service is not None:
            query = query.where(tables.revisions.c.service == service)
        with self._transaction() as connection:
            return [
                StoredRevision(
                    row.service, row.number, row.created_at.replace(tzinfo=UTC), row.content
                )
                for row in connection.execute(query)
            ]

    def want(self, wants: Iterable[Want], facts: Mapping[str, str]) -> None:
        """Replace all that is wanted, and the given facts, together."""
        with self._transaction() as connection:
            connection.execute(delete(tables.wanted))
            for one in wants:
                connection.execute(
                    insert(tables.wanted).values(
                        service=one.service, revision=one.revision, replicas=one.replicas
                    )
                )
            for key, value in facts.items():
                connection.execute(delete(tables.app).where(tables.app.c.key == key))
                connection.execute(insert(tables.app).values(key=key, value=value))

    def wanted(self) -> list[Want]:
        """By name of service."""
        with self._transaction() as connection:
            rows = connection.execute(select(tables.wanted).order_by(tables.wanted.c.service))
            return [Want(row.service, row.revision, row.replicas) for row in rows]

    def fact(self, key: str) -> str | None:
        """JSON text, or None when there is no such fact."""
        with self._transaction() as connection:
            value: str | None = connection.scalar(
                select(tables.app.c.value).where(tables.app.c.key == key)
            )
            return value

    def note(self, subject: str, text: str) -> None:
        """Add an event, now."""
        with self._transaction() as connection:
            at = datetime.now(UTC).replace(tzinfo=None)
            row = connection.execute(
                insert(tables.events).values(at=at, subject=subject, text=text)
            ).inserted_primary_key
            if row:
                oldest = row[0] - EVENTS_KEPT
                connection.execute(delete(tables.events).where(tables.events.c.id <= oldest))

    def events(self, last: int = 100) -> list[Event]:
        """The newest `last` events, oldest first."""
        query = select(tables.events).order_by(tables.events.c.id.desc()).limit(last)
        with self._transaction() as connection:
            rows = list(connection.execute(query))
        return [Event(row.at.replace(tzinfo=UTC), row.subject, row.text) for row in reversed(rows)]

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DatabaseError as error:
            raise StateError("the database cannot be used", came=str(error.orig)) from error
