from lading.controller.backoff import Backoff


def test_a_replica_that_had_been_ready_is_started_again_at_once() -> None:
    assert Backoff().ended(now=100.0, was_ready=True).may_start(100.0)


def test_one_that_ends_again_and_again_waits_twice_as_long_each_time() -> None:
    backoff, waits = Backoff(), []
    for _ in range(9):
        backoff = backoff.ended(now=100.0, was_ready=False)
        waits.append(backoff.not_before - 100.0)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_a_minute_without_an_end_is_forgiven() -> None:
    backoff = Backoff().ended(0.0, False).ended(1.0, False).ended(2.0, False)
    assert backoff.ended(63.0, was_ready=True).may_start(63.0)


def test_failures_count_ends_without_having_been_ready() -> None:
    backoff = Backoff().ended(0.0, False).ended(1.0, False)
    assert backoff.failures == 2
    assert backoff.ready().failures == 0
    assert backoff.ended(2.0, was_ready=True).failures == 0
