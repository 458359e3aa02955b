"""A database of vulnerabilities: OSV files as they are published, and an index of them.

A folder of JSON files, or a zip of them (`all.zip` of an ecosystem, or of everything), or a folder
of such zips. Reading a hundred thousand files takes a while, so that what counts of them is kept in
a file of SQLite's, made anew when a database's time or size changes.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from lading.bills.audit import osv
from lading.bills.audit.components import DEBIAN, PYPI
from lading.bills.audit.osv import Affected, Entry
from lading.errors import AuditError
from lading.progress import Progress

_FORMAT = "2"
"""Changed with what the index holds."""
_MOST_BYTES = 32 * 1024**2
_OF_PACKAGE = "SELECT entry FROM affected WHERE ecosystem = ? AND name = ?"
_TODO = "fetch all.zip of PyPI and of Debian from OSV, and name the file or its folder"
_EXPECTED = "a zip of OSV's JSON files, or a folder of them"


@dataclass(frozen=True)
class Database:
    """Opened. `entries` is how many of its files speak of PyPI or Debian."""

    path: Path
    entries: int

    def of(self, ecosystem: str, names: set[str]) -> dict[str, list[Entry]]:
        """What is known of packages, by name; each entry with what is affected of that one.

        Raises AuditError where the index is damaged.
        """
        found: dict[str, list[Entry]] = {}
        decoder = msgspec.msgpack.Decoder(Entry)
        try:
            with closing(_connected(self.path)) as connection:
                for name in sorted(names):
                    rows = connection.execute(_OF_PACKAGE, (ecosystem, name))
                    found[name] = [decoder.decode(zlib.decompress(raw)) for (raw,) in rows]
        except (sqlite3.DatabaseError, zlib.error, msgspec.DecodeError) as error:
            todo = "delete this file: it is made again of the database"
            raise AuditError("is damaged", str(self.path), came=str(error), todo=todo) from error
        return found

    def tells_of(self, ecosystem: str) -> bool:
        """Whether it speaks of any package of an ecosystem."""
        with closing(_connected(self.path)) as connection:
            found = connection.execute(
                "SELECT 1 FROM affected WHERE ecosystem = ? LIMIT 1", (ecosystem,)
            ).fetchone()
        return found is not None


def opened(path: Path, cache: Path, progress: Progress) -> list[Database]:
    """The databases at `path`, indexed in `cache` where they were not yet. Raises AuditError."""
    if not path.exists():
        raise AuditError("there is no such file or folder", str(path), _EXPECTED, todo=_TODO)
    sources = [path]
    if path.is_dir():
        sources = sorted(path.glob("*.zip")) or [path]
    databases = [_indexed(source, cache / "osv", progress) for source in sources]
    if not any(x.entries for x in databases):
        expected = "vulnerabilities of PyPI or Debian"
        raise AuditError("nothing in it counts here", str(path), expected, todo=_TODO)
    return databases


def _indexed(source: Path, cache: Path, progress: Progress) -> Database:
    where = hashlib.sha256(str(source.resolve()).encode()).hexdigest()[:16]
    index = cache / f"{where}-{_identity(source)}.sqlite"
    if (entries := _count(index)) is None:
        progress.start(task := f"index {source.name}")
        _replace(source, index)
        for earlier in cache.glob(f"{where}-*.sqlite"):
            if earlier != index:
                earlier.unlink(missing_ok=True)
        progress.finish(task)
        entries = _count(index)
    return Database(index, entries or 0)


def _count(index: Path) -> int | None:
    """Entries of an index; None where there is none that can be read."""
    try:
        with closing(_connected(index)) as connection:
            (entries,) = connection.execute("SELECT count FROM entries").fetchone()
    except sqlite3.DatabaseError:
        return None
    return int(entries)


def _replace(source: Path, index: Path) -> None:
    """Nobody ever sees half an index, not after a power cut either."""
    index.parent.mkdir(parents=True, exist_ok=True)
    unfinished = index.with_suffix(f".{os.getpid()}")
    try:
        _make(source, unfinished)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(index)
    finally:
        unfinished.unlink(missing_ok=True)


def _identity(source: Path) -> str:
    """What changes whenever the database does: the times and sizes of its files."""
    told = hashlib.sha256(_FORMAT.encode())
    files = _json_files(source) if source.is_dir() else [source]
    for file in files:
        status = file.stat()
        told.update(f"{file} {status.st_mtime_ns} {status.st_size}\n".encode())
    return told.hexdigest()[:16]


def _make(source: Path, index: Path) -> None:
    index.unlink(missing_ok=True)
    count = 0
    with closing(sqlite3.connect(index)) as connection:
        # It is synced as a whole, and renamed only then.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("CREATE TABLE affected (ecosystem TEXT, name TEXT, entry BLOB)")
        connection.execute("CREATE TABLE entries (count INTEGER)")
        for entry in _entries(source):
            rows = list(_rows(entry))
            connection.executemany("INSERT INTO affected VALUES (?, ?, ?)", rows)
            count += bool(rows)
        connection.execute("CREATE INDEX named ON affected (ecosystem, name)")
        connection.execute("INSERT INTO entries VALUES (?)", (count,))
        connection.commit()


def _rows(entry: Entry) -> Iterator[tuple[str, str, bytes]]:
    """For each package of it, the entry with what is said of that one; none of a withdrawn one."""
    if entry.withdrawn:
        return
    by_package: dict[tuple[str, str], list[Affected]] = {}
    for affected in entry.affected:
        ecosystem, name = affected.package.ecosystem, affected.package.name
        if ecosystem == PYPI:
            by_package.setdefault((PYPI, canonicalize_name(name)), []).append(affected)
        elif ecosystem.partition(":")[0] == DEBIAN:
            by_package.setdefault((DEBIAN, name), []).append(affected)
    for (ecosystem, name), said in by_package.items():
        slim = msgspec.structs.replace(entry, affected=tuple(said))
        yield ecosystem, name, zlib.compress(msgspec.msgpack.encode(slim), 1)


def _entries(source: Path) -> Iterator[Entry]:
    """Raises AuditError for a file that is no OSV entry."""
    for where, raw in _files(source):
        try:
            yield osv.read(raw)
        except msgspec.DecodeError as error:
            raise AuditError("not an OSV entry", where, came=str(error)) from error


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    try:
        if source.is_dir():
            for file in _json_files(source):
                yield _whole(str(file), file.stat().st_size), file.read_bytes()
            return
        with zipfile.ZipFile(source) as archive:
            for one in (x for x in archive.infolist() if x.filename.endswith(".json")):
                where = _whole(f"{source}: {one.filename}", one.file_size)
                yield where, archive.read(one)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise AuditError("cannot be read", str(source), _EXPECTED, str(error), _TODO) from error
    except (RuntimeError, NotImplementedError) as error:
        # An archive under a password, or packed in a way that Python does not know.
        raise AuditError("cannot be unpacked", str(source), _EXPECTED, str(error), _TODO) from error


def _whole(where: str, size: int) -> str:
    """Raises AuditError for what is no entry by its size: nothing is passed over in silence."""
    if size > _MOST_BYTES:
        expected = f"an OSV entry of at most {_MOST_BYTES} bytes"
        raise AuditError("is too large", where, expected, f"{size} bytes")
    return where


def _json_files(folder: Path) -> list[Path]:
    return sorted(x for x in folder.rglob("*.json") if x.is_file())


def _connected(index: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{index.resolve().as_uri()}?mode=ro", uri=True)
