"""Which shape a database has, by the number that Alembic keeps in it."""

from __future__ import annotations

from lading.errors import StateError
from lading.state.address import Address
from lading.state.reading import Rows

NEWEST = "0002"
"""The last of `migrations/versions`."""
_THERE_IN_FILE = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
_THERE_IN_SERVER = "SELECT count(to_regclass('alembic_version'))"


def found(rows: Rows, address: Address) -> str | None:
    """Its number; None where nothing was made yet. Raises StateError for one of a newer Lading."""
    if not rows(_THERE_IN_FILE if address.file else _THERE_IN_SERVER)[0][0]:
        return None
    version = rows("SELECT version_num FROM alembic_version")
    if not version:
        return None
    require_known(version[0][0])
    return str(version[0][0])


def require_known(version: str) -> None:
    """Raises StateError for the shape of a newer Lading."""
    if version > NEWEST:
        raise StateError(
            "the database was written by a newer Lading",
            expected=f"at most shape {NEWEST}",
            came=version,
            todo="update Lading on this machine",
        )
