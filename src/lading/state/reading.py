"""Reads a database and changes nothing, without SQLAlchemy.

That takes longer to import than most commands last. An app that is up need not be asked: what the
controller writes is there at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lading.errors import StateError
from lading.state.address import Address

Rows = Callable[..., list[tuple[Any, ...]]]
"""rows(sql, *values): a statement, with `?` for each value, and what it finds."""


@contextmanager
def reading(address: Address) -> Iterator[Rows]:
    """A way to ask. Raises StateError; FileNotFoundError where a file is not there."""
    asking = _file(address.file) if address.file else _server(address)
    with asking as rows:
        yield rows


@contextmanager
def _file(path: Path) -> Iterator[Rows]:
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            yield lambda sql, *values: database.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        raise StateError("the database cannot be read", str(path), came=str(error)) from error


@contextmanager
def _server(address: Address) -> Iterator[Rows]:
    from lading.state import postgresql

    connection = postgresql.connected_or_said(address)
    try:
        with closing(connection):
            connection.read_only = True
            yield lambda sql, *values: connection.execute(sql.replace("?", "%s"), values).fetchall()
    except connection.Error as error:
        raise postgresql.error(error, address.shown) from error
