from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lading.controller.watch import Watched, describe_end
from lading.engines.engine import Observed, Phase
from lading.oci import Digest
from lading.releases.plan import Health
from lading.releases.revision import ReplicaId

RUNNING = Observed(
    "app.ocr.1.0",
    Digest.of(b"i"),
    Phase.RUNNING,
    datetime(2026, 1, 1, tzinfo=UTC),
    {},
    "unix:/x",
    7,
)
EXITED = replace(RUNNING, phase=Phase.EXITED, pid=None, exit_code=137)
AGAIN = replace(RUNNING, started_at=datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture
def watched() -> Watched:
    one = Watched(ReplicaId("ocr", 1, 0))
    one.see(RUNNING, now=0.0)
    return one


def test_a_replica_is_ready_by_its_own_word_alone(watched: Watched) -> None:
    assert watched.health is Health.STARTING
    assert watched.answer("", now=1.0)
    assert watched.health is Health.READY
    assert watched.answer("it does not listen yet", now=2.0)
    assert watched.health is Health.UNREADY


def test_an_end_is_seen_once(watched: Watched) -> None:
    assert watched.see(EXITED, now=1.0)
    assert not watched.see(EXITED, now=2.0)
    assert (watched.restarts, watched.last_end) == (1, "killed by signal 9")


def test_an_end_that_was_asked_for_is_no_failure(watched: Watched) -> None:
    watched.stopping = True
    watched.see(EXITED, now=1.0)
    assert (watched.restarts, watched.backoff.failures) == (0, 0)


def test_its_address_outlives_it(watched: Watched) -> None:
    watched.see(None, now=1.0)
    assert watched.address == "unix:/x"


def test_a_late_answer_does_not_revive_what_exited(watched: Watched) -> None:
    watched.see(EXITED, now=1.0)
    assert not watched.answer("", now=2.0)
    assert watched.health is Health.EXITED


def test_a_fresh_container_in_its_place_starts_from_the_beginning(watched: Watched) -> None:
    watched.answer("", now=0.5)
    watched.see(AGAIN, now=1.0)
    assert (watched.health, watched.was_ready) == (Health.STARTING, False)


def test_one_that_cannot_start_is_not_waited_for_until_it_is_ready(watched: Watched) -> None:
    watched.answer("", now=0.5)
    watched.see(EXITED, now=1.0)
    for day, awaited in enumerate([True, False, False], start=2):
        watched.see(replace(EXITED, started_at=datetime(2026, 1, day, tzinfo=UTC)), now=day)
        assert watched.may_answer is awaited
    watched.see(replace(RUNNING, started_at=datetime(2026, 2, 1, tzinfo=UTC)), now=9.0)
    assert not watched.may_answer
    watched.answer("", now=9.5)
    assert watched.may_answer


@pytest.mark.parametrize(
    ("observed", "text"),
    [
        (replace(EXITED, out_of_memory=True), "killed: over its memory limit"),
        (replace(EXITED, exit_code=3), "exit code 3"),
        (replace(EXITED, exit_code=143), "killed by signal 15"),
        (replace(EXITED, exit_code=None), "ended, and nobody saw how"),
    ],
)
def test_ends_are_told_in_words(observed: Observed, text: str) -> None:
    assert describe_end(observed) == text


def test_an_end_that_came_before_it_was_seen_to_run_counts(watched: Watched) -> None:
    watched.see(EXITED, now=1.0)
    again = replace(AGAIN, phase=Phase.EXITED, pid=None, exit_code=3)
    assert watched.see(again, now=2.0)
    assert (watched.restarts, watched.last_end) == (2, "exit code 3")
    assert watched.backoff.failures == 2
