"""What must survive a restart, in a file and in PostgreSQL alike."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from lading.errors import StateError
from lading.state import database, pushes, record
from lading.state.address import Address
from lading.state.glance import LAST, Seen, glance
from lading.state.past import Elsewhere, Past
from lading.state.record import NewRevision, Record
from lading.state.rows import Want
from lading.state.tables import metadata
from tests.databases import postgresql

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Address]:
    if request.param == "sqlite":
        yield Address(Address.own(tmp_path / "deep" / "state.db").url, "translator", "m1/a")
        return
    with postgresql() as url:
        yield Address(url, "translator", "m1/a")


@pytest.fixture
def engine(address: Address) -> Iterator[Engine]:
    engine = database.opened(address)
    yield engine
    engine.dispose()


def record_of(engine: Engine, address: Address) -> Record:
    return Record(engine, address.app, address.site)


@pytest.fixture
def mine(engine: Engine, address: Address) -> Record:
    return record_of(engine, address)


def new(service: str, content: str = "{}") -> NewRevision:
    return NewRevision(service, "sha256:00", content, '{"why":"because"}')


def test_revisions_of_a_service_are_numbered_from_one(mine: Record, address: Address) -> None:
    numbers = [mine.add_revision(new("ocr", text)).number for text in ("a", "b", "c")]
    assert (numbers, mine.add_revision(new("detect")).number) == ([1, 2, 3], 1)
    past = Past(address)
    assert [x.content for x in past.revisions("ocr")] == ["c", "b", "a"]
    assert [(x.service, x.number) for x in past.revisions(last=2)] == [
        ("detect", 1),
        ("ocr", 3),
        ("ocr", 2),
    ]
    assert past.revision("ocr", 2) == mine.revisions([("ocr", 2), ("ocr", 9)])[0]
    assert past.revision("ocr", 9) is None
    assert past.counts() == {"detect": 1, "ocr": 3}


def test_a_revision_like_the_newest_is_not_added_where_that_is_asked_for(mine: Record) -> None:
    first = mine.add_revision(new("ocr", "a"))
    assert mine.add_revision(new("ocr", "a"), lambda it: it.content == "a") == first
    assert mine.add_revision(new("ocr", "a")).number == 2


def test_when_a_revision_first_answered_is_kept(mine: Record, address: Address) -> None:
    mine.add_revision(new("ocr"))
    assert Past(address).revisions()[0].ready_at is None
    mine.ready("ocr", 1)
    first = Past(address).revisions()[0].ready_at
    mine.ready("ocr", 1)
    assert first is not None
    assert Past(address).revisions()[0].ready_at == first


def test_what_is_wanted_is_replaced_as_a_whole(mine: Record) -> None:
    for service in ("ocr", "detect"):
        mine.add_revision(new(service))
    mine.want([Want("ocr", 1, 2), Want("detect", 1, 1)], {"listener": "1"})
    mine.want([Want("ocr", 1, 3)], {"listener": "2"})
    assert mine.wanted() == [Want("ocr", 1, 3)]
    assert mine.fact("listener") == "2"
    assert mine.fact("unknown") is None


def test_an_unknown_revision_cannot_be_wanted_and_nothing_changes(mine: Record) -> None:
    mine.add_revision(new("ocr"))
    mine.want([Want("ocr", 1, 1)], {})
    with pytest.raises(StateError, match=r"(?i)foreign key constraint"):
        mine.want([Want("ocr", 7, 1)], {})
    assert mine.wanted() == [Want("ocr", 1, 1)]


def test_revisions_are_the_apps_and_what_is_wanted_is_the_sites(
    mine: Record, engine: Engine, address: Address
) -> None:
    other = Record(engine, address.app, "m2/b")
    stranger = Record(engine, "digits", address.site)
    assert [one.add_revision(new("ocr")).number for one in (mine, other, stranger)] == [1, 2, 1]
    mine.want([Want("ocr", 1, 1)], {"host": '"here"'})
    other.want([Want("ocr", 2, 1)], {"host": '"there"'})
    for one, text_ in ((mine, "mine"), (other, "other"), (stranger, "stranger's")):
        one.note("ocr", text_)
    assert [one.wanted() for one in (mine, other, stranger)] == [
        [Want("ocr", 1, 1)],
        [Want("ocr", 2, 1)],
        [],
    ]
    assert [event.text for event in other.events()] == ["other"]
    assert Past(address).elsewhere() == [Elsewhere("ocr", 2, "there")]
    assert len(Past(address).revisions()) == 2


def test_the_newest_events_come_oldest_first_and_the_oldest_go(
    mine: Record, engine: Engine, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "EVENTS_KEPT", 5)
    Record(engine, address.app, "m2/b").note("ocr", "another's")
    for number in range(record._SWEEP_EVERY):
        mine.note("ocr", f"event {number}")
    assert [event.text for event in mine.events(last=2)] == ["event 98", "event 99"]
    assert len(mine.events()) < 10
    assert len(Record(engine, address.app, "m2/b").events()) == 1


def test_where_an_image_was_pushed_last_is_known_to_all(mine: Record, address: Address) -> None:
    for image, location in (("a", "r1/x"), ("a", "r2/x"), ("b", "r1/y"), ("a", "r1/x")):
        mine.pushed(image, location)
    assert Past(address).pushed(["a", "c"]) == {"a": "r1/x"}


def test_a_push_is_written_down_without_sqlalchemy_as_it_is_with_it(
    mine: Record, address: Address
) -> None:
    mine.pushed("a", "r1/x")
    assert pushes.remember(address, {"a": "r2/x", "b": "r1/y"})
    assert Past(address).pushed(["a", "b"]) == {"a": "r2/x", "b": "r1/y"}
    mine.pushed("a", "r1/x")
    assert Past(address).pushed(["a"]) == {"a": "r1/x"}
    assert pushes.remember(address, {"a": "r2/x"})
    assert Past(address).pushed(["a"]) == {"a": "r2/x"}


def test_a_push_makes_no_database_and_changes_no_shape(address: Address) -> None:
    assert not pushes.remember(address, {"a": "r1/x"})
    assert Past(address).pushed(["a"]) == {}


def test_a_glance_sees_what_is_wanted_and_after_that_what_was_wanted_last(
    mine: Record, address: Address
) -> None:
    mine.add_revision(new("ocr", "content"))
    mine.want([Want("ocr", 1, 2)], {"name": '"n"'})
    seen = Seen("ocr", 1, 2, "content", '{"why":"because"}')
    found = glance(address)
    assert found is not None
    assert (found.services, found.facts) == ((seen,), {"name": '"n"'})
    mine.want([], {LAST: '[["ocr", 1, 2]]'})
    found = glance(address)
    assert found is not None
    assert found.services == (seen,)


def test_a_second_opening_finds_what_the_first_wrote(mine: Record, address: Address) -> None:
    mine.add_revision(new("ocr", "kept"))
    again = database.opened(address)
    newest = record_of(again, address).newest("ocr")
    again.dispose()
    assert newest is not None
    assert newest.content == "kept"


def test_migrations_lead_to_the_declared_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_database_of_a_newer_lading_is_refused(engine: Engine, address: Address) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    for ask in (lambda: database.opened(address), lambda: Past(address).revisions()):
        with pytest.raises(StateError) as refused:
            ask()
        assert str(refused.value) == (
            "the database was written by a newer Lading: expected at most shape 0002, got 0999; "
            "update Lading on this machine"
        )


def test_two_processes_that_number_at_once_take_no_number_twice(address: Address) -> None:
    """Both also find an empty database at first, and make it what it must be."""
    workers = [SPAWN.Process(target=_add_many, args=(address, site)) for site in ("m1/a", "m2/b")]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
    assert [one.exitcode for one in workers] == [0, 0]
    found = Past(address).revisions("ocr")
    assert [x.number for x in found] == list(range(2 * _MANY, 0, -1))
    assert sorted(x.content for x in found) == sorted(["m1/a"] * _MANY + ["m2/b"] * _MANY)


_MANY = 25


def _add_many(address: Address, site: str) -> None:
    mine = Record(database.opened(address), address.app, site)
    for _ in range(_MANY):
        mine.add_revision(new("ocr", site))
