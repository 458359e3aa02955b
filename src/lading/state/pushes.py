"""Writes down where images were pushed, without SQLAlchemy: importing it takes longer than a push.

What `Record.pushed` does, in statements that both databases understand, where a database is of the
newest shape already; making one, or bringing it there, is `database.py`'s.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lading.errors import StateError
from lading.state import shape
from lading.state.address import Address

_WAIT_SECONDS = 5.0
"""For another who writes."""
_FORGET = "DELETE FROM pushes WHERE image = ? AND location = ?"
_REMEMBER = "INSERT INTO pushes (image, location, at) VALUES (?, ?, ?)"
Statement = Callable[..., Any]


def remember(address: Address, pushed: Mapping[str, str]) -> bool:
    """Images by digest, and each one's host/repository, in one transaction.

    False, and nothing written, where there is no database, or one of another shape. Raises
    StateError.
    """
    if address.file and not address.file.exists():
        return False
    with _writing(address) as (do, now):
        if shape.found(lambda sql, *values: do(sql, *values).fetchall(), address) != shape.NEWEST:
            return False
        for image, location in pushed.items():
            do(_FORGET, image, location)
            do(_REMEMBER, image, location, now)
    return True


@contextmanager
def _writing(address: Address) -> Iterator[tuple[Statement, object]]:
    """A way to say statements, and the time as the database is to be told it."""
    now = datetime.now(UTC).replace(tzinfo=None)
    if address.file:
        with _file(address.file) as database:
            yield (
                lambda sql, *values: database.execute(sql, values),
                now.isoformat(" ", "microseconds"),
            )
        return
    from lading.state import postgresql

    connection = postgresql.connected_or_said(address)
    try:
        with closing(connection), connection.transaction():
            yield lambda sql, *values: connection.execute(sql.replace("?", "%s"), values), now
    except connection.Error as error:
        raise postgresql.error(error, address.shown) from error


@contextmanager
def _file(path: Path) -> Iterator[sqlite3.Connection]:
    where = f"file:{quote(str(path))}?mode=rw"
    try:
        with closing(
            sqlite3.connect(where, _WAIT_SECONDS, uri=True, isolation_level=None)
        ) as found:
            # As `database.py` opens it: what is committed survives a power cut.
            found.execute("PRAGMA synchronous=FULL")
            found.execute("BEGIN IMMEDIATE")
            yield found
            found.execute("COMMIT")
    except sqlite3.Error as error:
        raise StateError("the database cannot be used", str(path), came=str(error)) from error
