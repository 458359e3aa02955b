"""Connections to PostgreSQL, by psycopg and its libpq."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from lading.errors import StateAway, StateError
from lading.state.address import Address

if TYPE_CHECKING:
    import psycopg

_SETTINGS: Mapping[str, Any] = {
    "connect_timeout": "5",
    # A connection that was cut without a word is given up after so many milliseconds.
    "tcp_user_timeout": "10000",
    "application_name": "lading",
}
_NOT_LET_IN = ("password", "does not exist", "pg_hba.conf", "not permitted")
"""What a server says to whom it knows not, as against one that is busy or starting. A connection
that is refused comes without a SQLSTATE."""


def connected(address: Address) -> psycopg.Connection:
    """What the URL does not say of a connection is set here. Raises StateError without a driver,
    psycopg's own errors otherwise."""
    _require_driver(address)
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        said = conninfo_to_dict(address.url)
    except psycopg.ProgrammingError:
        # What it says may quote the password.
        raise StateError("not a URL of PostgreSQL", address.shown) from None
    more = {x: y for x, y in _SETTINGS.items() if x not in said}
    return psycopg.connect(address.url, **more)


def connected_or_said(address: Address) -> psycopg.Connection:
    """As `connected`, and what psycopg raises as a StateError."""
    _require_driver(address)
    import psycopg

    try:
        return connected(address)
    except psycopg.Error as came:
        raise error(came, address.shown) from came


def error(came: BaseException | None, where: str) -> StateError:
    """What psycopg raised, as it is told. It never holds a password: libpq's texts have none."""
    said = _first(came)
    if not any(kind.__name__ == "OperationalError" for kind in type(came).__mro__):
        return StateError("the database cannot be used", where, came=said)
    if any(word in said for word in _NOT_LET_IN):
        todo = "put the password into ~/.pgpass, PGPASSWORD or the URL in LADING_DATABASE"
        todo = todo if "password" in said else "see the address, and who may use the database"
        return StateError("the database does not let us in", where, came=said, todo=todo)
    return StateAway("the database does not answer", where, came=said)


def _require_driver(address: Address) -> None:
    if find_spec("psycopg") is None:
        raise StateError(
            "the driver for PostgreSQL is not installed",
            address.shown,
            todo="install Lading with its extra `postgresql`",
        )


def _first(error: BaseException | None) -> str:
    """The first line: those after it guess at causes."""
    return str(error).strip().partition("\n")[0]
