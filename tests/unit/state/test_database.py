"""A file as it may be found: none, one of an earlier Lading, no database at all."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from lading.errors import StateError
from lading.state import database, shape
from lading.state.address import Address
from lading.state.database import open_file
from lading.state.glance import Seen, glance
from lading.state.past import Past
from lading.state.record import Record
from lading.state.rows import Want

MIGRATIONS = Path(database.__file__).with_name("migrations")
IMAGE = f"sha256:{'0' * 64}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def earlier(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As the first Lading left it, with the app up."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    def as_first(connection: object) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")

    with monkeypatch.context() as then:
        then.setattr(database, "_upgrade", as_first)
        open_file(path).dispose()
    with sqlite3.connect(path) as file:
        for number in (1, 2):
            file.execute(
                "INSERT INTO revisions VALUES ('ocr', ?, '2026-01-02 03:04:05', ?)",
                (number, f'{{"image":"{IMAGE}"}}'),
            )
        file.execute("INSERT INTO wanted VALUES ('ocr', 2, 3)")
        file.execute("INSERT INTO app VALUES ('name', '\"translator\"')")
        for text in ("starting", "ready", "ready"):
            file.execute(
                "INSERT INTO events (at, subject, text) VALUES ('2026-01-02 03:04:06', ?, ?)",
                ("ocr.1.0", text),
            )
    file.close()
    return path


def test_what_an_earlier_lading_kept_keeps_its_numbers(earlier: Path) -> None:
    record = Record(open_file(earlier))
    one, two = record.revisions([("ocr", 1), ("ocr", 2)])
    assert (one.number, one.image, one.told) == (1, IMAGE, "{}")
    assert one.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (one.ready_at, two.ready_at) == (datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC), None)
    assert record.wanted() == [Want("ocr", 2, 3)]
    assert record.fact("name") == '"translator"'
    assert [event.text for event in record.events()] == ["starting", "ready", "ready"]


def test_a_glance_at_what_an_earlier_lading_kept_changes_nothing(earlier: Path) -> None:
    before = earlier.read_bytes()
    found = glance(Address.own(earlier))
    assert found is not None
    assert found.services == (Seen("ocr", 2, 3, f'{{"image":"{IMAGE}"}}'),)
    assert earlier.read_bytes() == before


def test_its_history_can_be_read_before_it_is_up_again(earlier: Path) -> None:
    before = earlier.read_bytes()
    past = Past(Address.own(earlier))
    two, one = past.revisions("ocr")
    assert (one.number, one.image, one.ready_at) == (
        1,
        IMAGE,
        datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC),
    )
    assert (two.number, two.told, two.ready_at) == (2, "{}", None)
    assert (past.revision("ocr", 2), past.counts()) == (two, {"ocr": 2})
    assert (past.pushed([IMAGE]), past.elsewhere()) == ({}, [])
    # A controller of that Lading may be writing to it.
    assert earlier.read_bytes() == before
    record = Record(open_file(earlier))
    assert [record.newest("ocr"), *record.revisions([("ocr", 1)])] == [two, one]


def test_a_change_of_shape_that_is_broken_off_leaves_all_as_it_was(
    earlier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = database._upgrade

    def cut_off(connection: object) -> None:
        upgrade(connection)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as then:
        then.setattr(database, "_upgrade", cut_off)
        with pytest.raises(KeyboardInterrupt):
            open_file(earlier)
    with sqlite3.connect(earlier) as file:
        assert file.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert file.execute("SELECT count(*) FROM app").fetchone() == (1,)
    file.close()
    assert Record(open_file(earlier)).wanted() == [Want("ocr", 2, 3)]


def test_where_there_is_no_file_there_is_no_past_and_none_is_made(path: Path) -> None:
    past = Past(Address.own(path))
    assert (past.revisions(), past.pushed(["a"]), past.elsewhere()) == ([], {}, [])
    assert glance(Address.own(path)) is None
    assert not path.exists()


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("this is a text file, and a long enough one to be read as a header" * 20)
    before = path.read_bytes()
    for ask in (lambda: open_file(path), lambda: Past(Address.own(path)).revisions()):
        with pytest.raises(StateError, match="file is not a database"):
            ask()
    assert path.read_bytes() == before


def test_the_newest_shape_is_the_last_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == shape.NEWEST
