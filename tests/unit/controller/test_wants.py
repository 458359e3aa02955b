from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lading.controller.copy import Copy
from lading.controller.messages import WantedApp, WantedService
from lading.controller.place import Place
from lading.controller.remembered import remembered
from lading.controller.wants import Wanted, Wants
from lading.engines.engine import Limits
from lading.errors import StateAway
from lading.gateway.route import Listener
from lading.oci import Digest
from lading.releases.revision import Batching, Http, Occasion, Spec
from lading.state.address import Address
from lading.state.database import awaited, open_file, opened
from lading.state.folders import Folders
from lading.state.record import Record

OCR = WantedService("ocr", str(Digest.of(b"1")), Limits(), False, 2, 60.0)
CHANGED = replace(OCR, image=str(Digest.of(b"2")))


def app(*services: WantedService) -> WantedApp:
    return WantedApp("translator", Listener(port=9000), services)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(open_file(tmp_path / "state.db"))


def store(wants: Wants, *services: WantedService) -> Wanted:
    """One after the other."""
    wanted = wants.load()
    for service in services:
        wanted = wants.store(app(service), wanted)
    return wanted


def specs(wants: Wants) -> dict[tuple[str, int], Spec]:
    return wants.specs([("ocr", number) for number in range(1, 10)])


def numbers(wants: Wants) -> dict[str, int]:
    return {name: target.revision.number for name, target in wants.load().targets.items()}


def test_a_changed_service_gets_a_new_number_and_an_unchanged_one_keeps_its_own(
    record: Record,
) -> None:
    wants = Wants(record)
    detect = replace(OCR, name="detect")
    wanted = wants.store(app(OCR, detect), wants.load())
    wants.store(app(CHANGED, detect), wanted)
    assert numbers(wants) == {"ocr": 2, "detect": 1}


def test_going_back_to_an_earlier_content_is_a_revision_of_its_own(record: Record) -> None:
    wants = Wants(record)
    wanted = store(wants, OCR, CHANGED, OCR)
    assert numbers(wants) == {"ocr": 3}
    assert wanted.targets["ocr"].revision.spec == specs(wants)["ocr", 1]


def test_a_revision_that_is_named_is_that_one_however_it_came_about(record: Record) -> None:
    """What is put back when an update fails, and what `lading up S` leaves as it is."""
    wants = Wants(record)
    rolled_back = replace(OCR, occasion=Occasion(returns_to=1))
    wanted = store(wants, OCR, CHANGED, rolled_back)
    assert numbers(wants) == {"ocr": 3}
    for number in (2, 3):
        named = replace(CHANGED if number == 2 else rolled_back, revision=number)
        wanted = wants.store(app(named), wanted)
        assert numbers(wants) == {"ocr": number}
    assert len(specs(wants)) == 3


def test_a_revision_that_is_named_and_has_another_content_is_a_new_one(record: Record) -> None:
    """As when the gateway takes larger bodies, which every container is told."""
    wants = Wants(record)
    store(wants, replace(OCR, occasion=Occasion(why="first")))
    wanted = wants.load()
    named = replace(CHANGED, revision=1, occasion=Occasion(why="first"))
    found = wants.store(app(named), wanted).targets["ocr"].revision
    assert (found.number, found.occasion) == (2, Occasion())


def test_a_rollback_is_a_revision_that_says_so_also_to_what_is_newest(record: Record) -> None:
    wants = Wants(record)
    store(wants, OCR, CHANGED, replace(OCR, occasion=Occasion("ann@m1", "slow", returns_to=1)))
    found = wants.load().targets["ocr"].revision
    assert (found.number, found.occasion) == (3, Occasion("ann@m1", "slow", returns_to=1))
    assert found.created_at is not None
    store(wants, replace(OCR, occasion=Occasion(returns_to=1)))
    assert numbers(wants) == {"ocr": 4}


def test_what_failed_and_is_tried_again_keeps_its_number(record: Record) -> None:
    wants = Wants(record)
    first = store(wants, OCR)
    wants.store(app(CHANGED), first)
    back = wants.store(app(replace(OCR, revision=1)), wants.load())
    wants.store(app(CHANGED), back)
    assert numbers(wants) == {"ocr": 2}


def test_two_machines_with_the_same_content_run_the_same_revision(tmp_path: Path) -> None:
    engine = open_file(tmp_path / "state.db")
    here, there = (Wants(Record(engine, "translator", site)) for site in ("m1/a", "m2/b"))
    first = store(here, OCR)
    store(there, OCR)
    assert numbers(there) == {"ocr": 1}
    here.store(app(CHANGED), first)
    there.store(app(CHANGED), there.load())
    assert (numbers(here), numbers(there)) == ({"ocr": 2}, {"ocr": 2})


def test_what_is_started_again_as_it_was_keeps_its_number(record: Record) -> None:
    wants = Wants(record)
    store(wants, OCR, CHANGED)
    wants.store(app(replace(OCR, revision=1)), wants.load())
    wants.nothing()
    store(wants, OCR)
    assert numbers(wants) == {"ocr": 1}


def test_where_nothing_changes_nothing_is_written(record: Record, tmp_path: Path) -> None:
    wants = Wants(record)
    wanted = store(wants, OCR)
    (tmp_path / "state.db").write_bytes(b"")  # whoever asks it now is refused
    assert wants.store(app(OCR), wanted) == wanted


@pytest.mark.parametrize("changed", [{"workers": 2}, {"batching": Batching(max_size=8)}])
def test_workers_and_batching_make_a_revision_of_the_same_image(
    record: Record, changed: dict[str, Any]
) -> None:
    wants = Wants(record)
    wanted = store(wants, OCR, replace(OCR, **changed))
    spec = wanted.targets["ocr"].revision.spec
    assert numbers(wants) == {"ocr": 2}
    assert replace(spec, workers=1, batching=Batching()) == specs(wants)["ocr", 1]


def test_the_number_of_replicas_is_no_revision(record: Record) -> None:
    wants = Wants(record)
    assert store(wants, OCR, replace(OCR, replicas=5)).targets["ocr"].replicas == 5
    assert numbers(wants) == {"ocr": 1}


def test_another_process_finds_what_was_wanted(record: Record) -> None:
    stored = store(Wants(record), OCR)
    assert Wants(record).load() == stored


def test_nothing_wanted_keeps_the_revisions(record: Record) -> None:
    wants = Wants(record)
    store(wants, OCR)
    wants.nothing()
    assert numbers(wants) == {}
    assert list(specs(wants)) == [("ocr", 1)]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "app", Folders(tmp_path / "d", tmp_path / "c", tmp_path / "r"))


def test_what_was_wanted_is_remembered_after_the_app_is_down(place: Place) -> None:
    wants = Wants(Record(opened(place.state)))
    asked = app(replace(OCR, name="detect", replicas=3), CHANGED)
    wants.store(asked, store(wants, OCR))
    assert remembered(place) == asked
    for _ in range(2):
        wants.nothing()
        assert remembered(place) == asked


def test_nothing_is_remembered_of_an_app_that_never_was_up_and_nothing_is_made(
    place: Place,
) -> None:
    assert remembered(place) is None
    assert place.state.file
    assert not place.state.file.exists()


def test_a_database_that_cannot_be_read_is_remembered_as_none(place: Place) -> None:
    file = place.state.file
    assert file
    file.parent.mkdir(parents=True)
    file.write_bytes(b"not a database")
    assert remembered(place) is None
    assert file.read_bytes() == b"not a database"


@pytest.fixture
def away() -> Record:
    """Of a server that does not answer: nothing listens there."""
    return Record(awaited(Address("postgresql://127.0.0.1:1/lading", "translator", "m1/a")))


def test_while_the_database_is_away_what_was_wanted_last_is_known_here(
    record: Record, away: Record, tmp_path: Path
) -> None:
    copy = Copy(tmp_path / "wanted.json")
    http = replace(OCR, http=Http(3000), occasion=Occasion("ann@box", "because", returns_to=3))
    kept = store(Wants(record, copy), OCR, http)
    wants = Wants(away, copy)
    found = wants.load()
    assert found == kept
    assert found.targets["ocr"].revision.occasion == http.occasion
    assert wants.store(app(replace(http, occasion=Occasion())), found) == found
    with pytest.raises(StateAway):
        wants.store(app(OCR), found)
    assert wants.load() == kept


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"name":"of another version"}'])
def test_without_a_copy_that_can_be_read_nobody_tells_what_is_wanted(
    away: Record, tmp_path: Path, content: bytes | None
) -> None:
    copy = Copy(tmp_path / "wanted.json")
    if content is not None:
        copy.file.write_bytes(content)
    with pytest.raises(StateAway):
        Wants(away, copy).load()
