"""Revisions as they were, and where they are: for whoever only reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lading.state import shape
from lading.state.address import Address
from lading.state.reading import reading
from lading.state.rows import StoredRevision

_COLUMNS = "service, number, created_at, ready_at, image, content, told"
_SHARED = "0002"
"""The shape from which on several apps and machines may share a database."""
_REVISIONS = "revisions"
_EARLIER = (
    "(SELECT '' AS app, service, number, created_at, (SELECT min(at) FROM events "
    "WHERE text = 'ready' AND subject LIKE service || '.' || number || '.%') AS ready_at, "
    "json_extract(content, '$.image') AS image, content, '{}' AS told FROM revisions) AS revisions"
)
"""The same of the shape 0001, which only files had. It is read as it is: a controller of the Lading
that made it may be writing to it."""


@dataclass(frozen=True)
class Elsewhere:
    """A revision that is wanted on a machine, which is called `host`."""

    service: str
    revision: int
    host: str


@dataclass(frozen=True)
class Past:
    """What is kept of the revisions of an app, asked for as it is needed."""

    address: Address

    def revisions(
        self, service: str | None = None, last: int | None = None
    ) -> list[StoredRevision]:
        """By service, newest first; of each at most `last`. Raises StateError."""
        where, values = "app = ?", [self.address.app]
        if service is not None:
            where, values = f"{where} AND service = ?", [*values, service]
        ranked = (
            f"SELECT {_COLUMNS}, "
            "row_number() OVER (PARTITION BY service ORDER BY number DESC) AS place "
            f"FROM {{revisions}} WHERE {where}"
        )
        few = "" if last is None else f" WHERE place <= {int(last)}"
        sql = f"SELECT {_COLUMNS} FROM ({ranked}) AS ranked{few} ORDER BY service, number DESC"
        return [_revision(row) for row in self._rows(sql, *values)]

    def revision(self, service: str, number: int) -> StoredRevision | None:
        """That one. Raises StateError."""
        where = "app = ? AND service = ? AND number = ?"
        sql = f"SELECT {_COLUMNS} FROM {{revisions}} WHERE {where}"
        rows = self._rows(sql, self.address.app, service, number)
        return _revision(rows[0]) if rows else None

    def counts(self) -> Mapping[str, int]:
        """How many revisions each service has. Raises StateError."""
        sql = "SELECT service, count(*) FROM {revisions} WHERE app = ? GROUP BY service"
        return dict(self._rows(sql, self.address.app))

    def pushed(self, images: Iterable[str]) -> Mapping[str, str]:
        """Where each of the images was pushed last, as far as that is known. Raises StateError."""
        found: dict[str, str] = {}
        wanted = set(images)
        for image, location in self._rows(
            "SELECT image, location FROM pushes ORDER BY at", since=_SHARED
        ):
            if image in wanted:
                found[image] = location
        return found

    def elsewhere(self) -> list[Elsewhere]:
        """What other sites want of the app. Raises StateError."""
        sql = (
            "SELECT w.service, w.revision, f.value FROM wanted w LEFT JOIN facts f "
            "ON f.app = w.app AND f.site = w.site AND f.key = 'host' "
            "WHERE w.app = ? AND w.site <> ? ORDER BY w.service, w.site"
        )
        rows = self._rows(sql, self.address.app, self.address.site, since=_SHARED)
        return [
            Elsewhere(service, number, json.loads(host or '""')) for service, number, host in rows
        ]

    def _rows(self, sql: str, *values: object, since: str = "") -> list[tuple[Any, ...]]:
        """What a statement finds; nothing in a shape before `since`. In the place of
        `{revisions}` comes where they are."""
        try:
            with reading(self.address) as rows:
                found = shape.found(rows, self.address)
                if found is None or found < since:
                    return []
                source = _EARLIER if found < _SHARED else _REVISIONS
                return rows(sql.replace("{revisions}", source), *values)
        except FileNotFoundError:
            return []


def _revision(row: tuple[Any, ...]) -> StoredRevision:
    service, number, created, ready, image, content, told = row
    at = _time(created)
    assert at is not None
    return StoredRevision(service, number, at, _time(ready), image, content, told)


def _time(value: datetime | str | None) -> datetime | None:
    """SQLite has no type for it: SQLAlchemy writes ISO 8601 there."""
    if value is None:
        return None
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.replace(tzinfo=UTC)
