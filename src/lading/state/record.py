"""Reads and writes what an app must remember. Knows rows and JSON text, not what they mean."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import ColumnElement

from lading.errors import StateError
from lading.state import tables
from lading.state.database import told
from lading.state.rows import Event, StoredRevision, Want

EVENTS_KEPT = 10_000
"""Of each site, and at times a few more."""
_SWEEP_EVERY = 100
_TRIES = 50
"""To take a number that others take as well."""


@dataclass(frozen=True)
class NewRevision:
    """What a revision is to hold; the record gives it a number. `told` is JSON."""

    service: str
    image: str
    content: str
    told: str = "{}"


class Record:
    """The memory of one app at one site. Every method is one transaction; all raise StateError.

    Revisions are the app's, and other sites number theirs in the same row of numbers; what is
    wanted, facts and events are the site's own.
    """

    def __init__(self, engine: Engine, app: str = "", site: str = "") -> None:
        self._engine = engine
        self._app = app
        self._site = site

    def add_revision(
        self, new: NewRevision, unless: Callable[[StoredRevision], bool] = lambda _: False
    ) -> StoredRevision:
        """Keep it under the service's next number, from 1.

        Where the newest one is such that `unless`, that one is the answer and nothing is kept.
        """
        for number in range(_TRIES):
            try:
                return self._add(new, unless)
            except _Taken:
                # Another site took the number first: what it added is the newest now.
                time.sleep(random.uniform(0, 0.002 * (number + 1)))
        raise StateError("others number revisions faster than we can", new.service)

    def _add(self, new: NewRevision, unless: Callable[[StoredRevision], bool]) -> StoredRevision:
        with self._transaction(shared=True) as connection:
            newest = self._newest(connection, new.service)
            if newest and unless(newest):
                return newest
            now = datetime.now(UTC)
            stored = StoredRevision(
                new.service,
                newest.number + 1 if newest else 1,
                now,
                None,
                new.image,
                new.content,
                new.told,
            )
            connection.execute(
                insert(tables.revisions).values(
                    app=self._app,
                    service=new.service,
                    number=stored.number,
                    created_at=now.replace(tzinfo=None),
                    image=new.image,
                    content=new.content,
                    told=new.told,
                )
            )
            return stored

    def newest(self, service: str) -> StoredRevision | None:
        """The one with the highest number."""
        with self._transaction() as connection:
            return self._newest(connection, service)

    def revisions(self, wanted: Iterable[tuple[str, int]]) -> list[StoredRevision]:
        """Those of these services and numbers that there are."""
        c = tables.revisions.c
        found = []
        with self._transaction() as connection:
            for service, number in wanted:
                query = select(tables.revisions).where(self._mine(c, service), c.number == number)
                found += [_revision(row) for row in connection.execute(query)]
        return found

    def ready(self, service: str, number: int) -> None:
        """Remember that a revision has answered; the first time counts."""
        c = tables.revisions.c
        with self._transaction() as connection:
            connection.execute(
                update(tables.revisions)
                .where(self._mine(c, service), c.number == number, c.ready_at.is_(None))
                .values(ready_at=datetime.now(UTC).replace(tzinfo=None))
            )

    def want(self, wants: Iterable[Want], facts: Mapping[str, str]) -> None:
        """Replace all that is wanted here, and the given facts, together."""
        here = {"app": self._app, "site": self._site}
        with self._transaction() as connection:
            connection.execute(delete(tables.wanted).where(self._here(tables.wanted.c)))
            for one in wants:
                connection.execute(
                    insert(tables.wanted).values(
                        service=one.service, revision=one.revision, replicas=one.replicas, **here
                    )
                )
            for key, value in facts.items():
                c = tables.facts.c
                connection.execute(delete(tables.facts).where(self._here(c), c.key == key))
                connection.execute(insert(tables.facts).values(key=key, value=value, **here))

    def wanted(self) -> list[Want]:
        """By name of service."""
        c = tables.wanted.c
        query = select(tables.wanted).where(self._here(c)).order_by(c.service)
        with self._transaction() as connection:
            rows = connection.execute(query)
            return [Want(row.service, row.revision, row.replicas) for row in rows]

    def fact(self, key: str) -> str | None:
        """JSON text, or None when there is no such fact."""
        c = tables.facts.c
        with self._transaction() as connection:
            value: str | None = connection.scalar(
                select(c.value).where(self._here(c), c.key == key)
            )
            return value

    def note(self, subject: str, text: str, at: datetime | None = None) -> None:
        """Add an event, of now where no other time is given."""
        when = (at or datetime.now(UTC)).replace(tzinfo=None)
        values = {"app": self._app, "site": self._site, "at": when, "subject": subject}
        with self._transaction() as connection:
            key = connection.execute(
                insert(tables.events).values(text=text, **values)
            ).inserted_primary_key
            if key and key[0] % _SWEEP_EVERY == 0:
                self._sweep(connection)

    def events(self, last: int = 100) -> list[Event]:
        """The newest `last` events, oldest first."""
        c = tables.events.c
        query = select(tables.events).where(self._here(c)).order_by(c.id.desc()).limit(last)
        with self._transaction() as connection:
            rows = list(connection.execute(query))
        return [Event(row.at.replace(tzinfo=UTC), row.subject, row.text) for row in reversed(rows)]

    def ask(self) -> None:
        """Nothing; raises StateError where nothing can be asked. A file is always there."""
        if self._engine.dialect.name != "sqlite":
            self.fact("name")

    def pushed(self, image: str, location: str) -> None:
        """Remember that an image lies at `location` (host/repository), for every app and site."""
        c = tables.pushes.c
        with self._transaction() as connection:
            connection.execute(
                delete(tables.pushes).where(c.image == image, c.location == location)
            )
            now = datetime.now(UTC).replace(tzinfo=None)
            connection.execute(insert(tables.pushes).values(image=image, location=location, at=now))

    def _newest(self, connection: Connection, service: str) -> StoredRevision | None:
        c = tables.revisions.c
        query = select(tables.revisions).where(self._mine(c, service))
        row = connection.execute(query.order_by(c.number.desc()).limit(1)).first()
        return _revision(row) if row else None

    def _sweep(self, connection: Connection) -> None:
        c = tables.events.c
        kept = select(c.id).where(self._here(c)).order_by(c.id.desc()).offset(EVENTS_KEPT).limit(1)
        oldest = connection.scalar(kept)
        if oldest is not None:
            connection.execute(delete(tables.events).where(self._here(c), c.id <= oldest))

    def _mine(self, columns: Any, service: str) -> ColumnElement[bool]:
        return and_(columns.app == self._app, columns.service == service)

    def _here(self, columns: Any) -> ColumnElement[bool]:
        return and_(columns.app == self._app, columns.site == self._site)

    @contextmanager
    def _transaction(self, shared: bool = False) -> Iterator[Connection]:
        """With `shared`, another may write the same row: raises _Taken then."""
        with told(self._engine):
            try:
                with self._engine.begin() as connection:
                    yield connection
            except IntegrityError as error:
                if shared:
                    raise _Taken from error
                raise


class _Taken(Exception):  # noqa: N818
    """Another site has written the row."""


def _revision(row: Any) -> StoredRevision:
    return StoredRevision(
        row.service,
        row.number,
        row.created_at.replace(tzinfo=UTC),
        row.ready_at.replace(tzinfo=UTC) if row.ready_at else None,
        row.image,
        row.content,
        row.told,
    )
