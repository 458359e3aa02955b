"""Databases for tests: a file, and a schema of its own in a real PostgreSQL."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

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


class Line:
    """A way to a server that can be cut, and mended: what asks by it knows no other."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self.is_cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def cut(self) -> None:
        """End every connection, and let none through."""
        with self._lock:
            self.is_cut = True
            ends, self._ends = self._ends, set()
        for one in ends:
            _end(one)

    def mend(self) -> None:
        self.is_cut = False

    def close(self) -> None:
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._let_through(self._listening.accept()[0])

    def _let_through(self, here: socket.socket) -> None:
        try:
            there = socket.create_connection(self._to)
        except OSError:
            here.close()
            return
        # Known before anything passes: a cut that comes now finds it, or was there before.
        with self._lock:
            is_cut = self.is_cut
            if not is_cut:
                self._ends |= {here, there}
        for one, other in ((here, there), (there, here)):
            if is_cut:
                one.close()
            else:
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while content := one.recv(65536):
                other.sendall(content)
        _end(one)
        _end(other)
        with self._lock:
            self._ends.discard(one)
        one.close()


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


@contextmanager
def line_to(url: str) -> Iterator[tuple[Line, str]]:
    """A line to the server of a URL, and the URL by which it is taken."""
    place = urlsplit(url)
    line = Line(str(place.hostname), int(place.port or 5432))
    try:
        by = place.netloc.rpartition("@")[0] + f"@127.0.0.1:{line.port}"
        yield line, urlunsplit(place._replace(netloc=by))
    finally:
        line.close()
