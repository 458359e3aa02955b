from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from lading.errors import StateError
from lading.state import database
from lading.state.database import open_file
from lading.state.record import Record, Want
from lading.state.tables import metadata


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_file(tmp_path / "deep" / "state.db")


@pytest.fixture
def record(engine: Engine) -> Record:
    return Record(engine)


def test_revisions_of_a_service_are_numbered_from_one(record: Record) -> None:
    numbers = [record.add_revision("ocr", text).number for text in ("a", "b", "c")]
    other = record.add_revision("detect", "d").number
    assert (numbers, other) == ([1, 2, 3], 1)
    assert [stored.content for stored in record.revisions("ocr")] == ["a", "b", "c"]
    assert [stored.service for stored in record.revisions()] == ["detect", "ocr", "ocr", "ocr"]


def test_what_is_wanted_is_replaced_as_a_whole(record: Record) -> None:
    for service in ("ocr", "detect"):
        record.add_revision(service, "{}")
    record.want([Want("ocr", 1, 2), Want("detect", 1, 1)], {"listener": "1"})
    record.want([Want("ocr", 1, 3)], {"listener": "2"})
    assert record.wanted() == [Want("ocr", 1, 3)]
    assert record.fact("listener") == "2"
    assert record.fact("unknown") is None


def test_an_unknown_revision_cannot_be_wanted_and_nothing_changes(record: Record) -> None:
    record.add_revision("ocr", "{}")
    record.want([Want("ocr", 1, 1)], {})
    with pytest.raises(StateError, match="FOREIGN KEY constraint failed"):
        record.want([Want("ocr", 7, 1)], {})
    assert record.wanted() == [Want("ocr", 1, 1)]


def test_the_newest_events_come_oldest_first(record: Record) -> None:
    for number in range(5):
        record.note("ocr", f"event {number}")
    assert [event.text for event in record.events(last=2)] == ["event 3", "event 4"]


def test_a_second_opening_finds_what_the_first_wrote(tmp_path: Path) -> None:
    Record(open_file(tmp_path / "state.db")).add_revision("ocr", "kept")
    assert Record(open_file(tmp_path / "state.db")).revisions()[0].content == "kept"


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("this is a text file, and a long enough one to be read as a header" * 20)
    before = path.read_bytes()
    with pytest.raises(StateError, match="file is not a database"):
        open_file(path)
    assert path.read_bytes() == before


def test_the_newest_shape_is_the_last_migration() -> None:
    folder = Path(database.__file__).with_name("migrations")
    assert ScriptDirectory(str(folder)).get_current_head() == database.NEWEST


def test_migrations_lead_to_the_declared_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
