from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lading.controller.messages import WantedApp, WantedService
from lading.controller.place import Place
from lading.controller.remembered import remembered
from lading.controller.wants import Wants
from lading.engines.engine import Limits
from lading.gateway.route import Listener
from lading.oci import Digest
from lading.releases.revision import Batching
from lading.state.database import open_file
from lading.state.folders import Folders
from lading.state.record import Record

OCR = WantedService("ocr", str(Digest.of(b"1")), Limits(), False, 2, 60.0)
CHANGED = replace(OCR, image=str(Digest.of(b"2")))


def app(*services: WantedService) -> WantedApp:
    return WantedApp("translator", Listener(port=9000), services)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(open_file(tmp_path / "state.db"))


def numbers(wants: Wants) -> dict[str, int]:
    return {name: target.revision.number for name, target in wants.load().targets.items()}


def test_a_changed_service_gets_a_new_number_and_an_unchanged_one_keeps_its_own(
    record: Record,
) -> None:
    wants = Wants(record)
    detect = replace(OCR, name="detect")
    wants.store(app(OCR, detect))
    wants.store(app(CHANGED, detect))
    assert numbers(wants) == {"ocr": 2, "detect": 1}


def test_going_back_to_an_earlier_content_goes_back_to_its_number(record: Record) -> None:
    wants = Wants(record)
    for service in (OCR, CHANGED, OCR):
        wants.store(app(service))
    assert numbers(wants) == {"ocr": 1}
    assert sorted(wants.specs()) == [("ocr", 1), ("ocr", 2)]


@pytest.mark.parametrize("changed", [{"workers": 2}, {"batching": Batching(max_size=8)}])
def test_workers_and_batching_make_a_revision_of_the_same_image(
    record: Record, changed: dict[str, Any]
) -> None:
    wants = Wants(record)
    wants.store(app(OCR))
    wanted = wants.store(app(replace(OCR, **changed)))
    spec = wanted.targets["ocr"].revision.spec
    assert numbers(wants) == {"ocr": 2}
    assert replace(spec, workers=1, batching=Batching()) == wants.specs()["ocr", 1]


def test_the_number_of_replicas_is_no_revision(record: Record) -> None:
    wants = Wants(record)
    wants.store(app(OCR))
    assert wants.store(app(replace(OCR, replicas=5))).targets["ocr"].replicas == 5
    assert numbers(wants) == {"ocr": 1}


def test_another_process_finds_what_was_wanted(record: Record) -> None:
    stored = Wants(record).store(app(OCR))
    assert Wants(record).load() == stored


def test_nothing_wanted_keeps_the_revisions(record: Record) -> None:
    wants = Wants(record)
    wants.store(app(OCR))
    wants.nothing()
    assert numbers(wants) == {}
    assert list(wants.specs()) == [("ocr", 1)]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "app", Folders(tmp_path / "d", tmp_path / "c", tmp_path / "r"))


def test_what_was_wanted_is_remembered_after_the_app_is_down(place: Place) -> None:
    wants = Wants(Record(open_file(place.database)))
    asked = app(replace(OCR, name="detect", replicas=3), CHANGED)
    wants.store(app(OCR))
    wants.store(asked)
    assert remembered(place) == asked
    for _ in range(2):
        wants.nothing()
        assert remembered(place) == asked


def test_nothing_is_remembered_of_an_app_that_never_was_up_and_nothing_is_made(
    place: Place,
) -> None:
    assert remembered(place) is None
    assert not place.database.exists()


def test_a_database_that_cannot_be_read_is_remembered_as_none(place: Place) -> None:
    place.database.parent.mkdir(parents=True)
    place.database.write_bytes(b"not a database")
    assert remembered(place) is None
    assert place.database.read_bytes() == b"not a database"
