"""Opens a database and brings it to the newest shape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from lading.errors import StateError
from lading.state import postgresql
from lading.state.address import Address
from lading.state.shape import NEWEST, require_known

_MIGRATING = 0x6C6164696E67
"""PostgreSQL's lock for changing the shape: any number that nobody else would think of."""


def opened(address: Address) -> Engine:
    """The database at `address`. Raises StateError when it cannot be used."""
    return open_file(address.file) if address.file else _brought_up(_server(address))


def awaited(address: Address) -> Engine:
    """A server that does not answer now: what is asked of it raises StateAway until it does.

    Its shape is left as it is, so this is for who has opened it before.
    """
    return _server(address)


def open_file(path: Path) -> Engine:
    """A SQLite file, made when it is missing. Raises StateError when it cannot be used."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StateError(
            "cannot make the folder of the database", str(path.parent), came=str(error.strerror)
        ) from error
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return _brought_up(engine)


def _server(address: Address) -> Engine:
    # libpq reads the URL itself, as for every other program of PostgreSQL's.
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: postgresql.connected(address),
        # A server that was started anew is noticed before a statement is lost to it.
        pool_pre_ping=True,
        pool_size=2,
    )
    return engine.execution_options(where=address.shown)


def _brought_up(engine: Engine) -> Engine:
    try:
        with told(engine):
            _migrate(engine)
    except StateError:
        engine.dispose()
        raise
    return engine


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """What a database says becomes a StateError, StateAway where it does not answer at all."""
    where = str(engine.get_execution_options().get("where", engine.url.database or ""))
    try:
        yield
    except DBAPIError as error:
        if engine.dialect.name == "postgresql":
            raise postgresql.error(error.orig, where) from error
        raise StateError(
            "the database cannot be used",
            where,
            came=str(error.orig),
            todo="move it away to start with an empty one: revisions and history are lost then",
        ) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Python would begin a transaction with the first change, and with none for a change of shape.
    connection.isolation_level = None
    # WAL lets a reader look while another writes; FULL keeps every commit over a power cut.
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # What a transaction reads must still be so when it writes.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _migrate(engine: Engine) -> None:
    with engine.begin() as connection:
        if _version(connection) == NEWEST:
            return
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
        version = _version(connection)
        if version == NEWEST:
            return
        if version is not None:
            require_known(version)
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    # Costs more to import than everything else here, and is needed once in a release.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version
