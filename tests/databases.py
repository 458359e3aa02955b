"""Databases for tests: a file, and a schema of its own in a real PostgreSQL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

URL = os.environ.get("LADING_TEST_DATABASE", "")
PROMISED = os.environ.get("LADING_TEST_POSTGRES") == "1"


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty schema. Skips where no server is named, fails where one is promised."""
    if not URL:
        reason = "LADING_TEST_DATABASE names no PostgreSQL; `.ci/postgres start` starts one"
        if PROMISED:
            pytest.fail(f"LADING_TEST_POSTGRES=1 promises one, but {reason}")
        pytest.skip(reason)
    import psycopg

    schema = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    yield f"{URL}?options=-csearch_path%3D{schema}"
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {schema} CASCADE")
