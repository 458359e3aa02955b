"""Opens a database by URL and brings it to the newest shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError

from lading.errors import StateError

NEWEST = "0001"
"""The last of `migrations/versions`."""


def open_file(path: Path) -> Engine:
    """A SQLite file, made when it is missing. Raises StateError when it cannot be used."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StateError(
            "cannot make the folder of the database", str(path.parent), came=str(error.strerror)
        ) from error
    return open_url(f"sqlite:///{path}")


def open_url(url: str) -> Engine:
    """Any database that SQLAlchemy knows. Raises StateError when it cannot be used."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    try:
        _migrate(engine)
    except DatabaseError as error:
        engine.dispose()
        raise StateError(
            "the database cannot be used",
            engine.url.render_as_string(hide_password=True),
            came=str(error.orig),
            todo="move it away to start with an empty one: revisions and history are lost then",
        ) from error
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # WAL lets a reader look while the controller writes; FULL keeps every commit over a power cut.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _migrate(engine: Engine) -> None:
    if _version(engine) == NEWEST:
        return
    # Costs more to import than everything else here, and is needed once in a release.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return version
