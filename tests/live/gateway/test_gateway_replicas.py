"""Replicas come, go and die under 200 requests/s, and no caller notices."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from lading.gateway.envoy import Envoy
from lading.gateway.route import Listener, Route
from tests.live.gateway.replicas import Replica
from tests.load import Load

pytestmark = pytest.mark.live
Make = Callable[..., Replica]


def route(*ready: Replica, starting: tuple[Replica, ...] = ()) -> list[Route]:
    return [
        Route(
            "digits",
            tuple(one.address for one in ready),
            tuple(one.address for one in starting),
            timeout_seconds=20,
        )
    ]


def answered_by(load: Load, since: float = 0.0) -> set[int]:
    return {json.loads(a.body)["pid"] for a in load.answers if a.began >= since and a.status == 200}


@pytest.fixture
def predict(url: str) -> Iterator[str]:
    yield f"{url}/digits/predict?ms=20"


def test_replacing_replicas_loses_no_request(
    envoy: Envoy, listener: Listener, replica: Make, predict: str
) -> None:
    one, two, three, four = (replica() for _ in range(4))
    envoy.start(listener, route(one, two))
    pid = envoy.pid
    with Load(predict) as load:
        time.sleep(0.5)
        envoy.update(route(one))
        removed = time.monotonic()
        time.sleep(0.3)
        two.kill(signal.SIGTERM)
        time.sleep(0.3)
        assert answered_by(load, removed) == {one.processes[0].pid}
        envoy.update(route(one, three))
        time.sleep(1.5)
        envoy.update(route(four))
        swapped = time.monotonic()
        one.kill(signal.SIGTERM)
        three.kill(signal.SIGTERM)
        time.sleep(0.7)
    assert load.failures == []
    assert len(load.answers) > 500
    assert len(answered_by(load)) == 4
    assert answered_by(load, swapped) == {four.processes[0].pid}
    assert envoy.pid == pid


def test_a_killed_replica_beside_another_loses_no_request_that_may_be_repeated(
    envoy: Envoy, listener: Listener, replica: Make, predict: str
) -> None:
    one, two = replica(), replica()
    envoy.start(listener, route(one, two))
    with Load(predict, idempotent=True) as load:
        time.sleep(0.5)
        one.kill()
        time.sleep(2)
    assert load.failures == []
    assert len(load.answers) > 300
    assert load.slowest_seconds() < 2


def test_a_killed_replica_that_comes_back_loses_no_request_that_may_be_repeated(
    envoy: Envoy, listener: Listener, replica: Make, predict: str
) -> None:
    only = replica()
    envoy.start(listener, route(only))
    with Load(predict, idempotent=True) as load:
        time.sleep(0.5)
        only.kill()
        time.sleep(1)
        only.start()
        time.sleep(1.5)
    assert load.failures == []
    assert len(load.answers) > 400
    assert len(answered_by(load)) == 2


def test_a_killed_replica_fails_only_what_it_had_begun_of_the_rest(
    envoy: Envoy, listener: Listener, replica: Make, predict: str
) -> None:
    only = replica()
    envoy.start(listener, route(only))
    with Load(predict) as load:
        time.sleep(0.5)
        before = time.monotonic()
        only.kill()
        after = time.monotonic()
        time.sleep(1)
        only.start()
        time.sleep(1.5)
    assert all(f.began <= after and f.began + f.seconds >= before for f in load.failures)
    assert {json.loads(f.body)["code"] for f in load.failures} <= {"replica_lost"}
    assert len(load.failures) < 50
    assert len(load.answers) > 400


def test_requests_wait_for_a_replica_that_is_starting(
    envoy: Envoy, listener: Listener, replica: Make, predict: str
) -> None:
    coming = replica("digits", unready_seconds=1.5)
    envoy.start(listener, route(starting=(coming,)))
    with Load(predict, requests_a_second=50) as load:
        time.sleep(2)
    assert load.failures == []
    assert load.slowest_seconds() > 0.7


def test_a_replica_that_says_it_is_not_ready_is_left_alone_while_another_answers(
    envoy: Envoy, listener: Listener, replica: Make, predict: str
) -> None:
    able, coming = replica(), replica("digits", unready_seconds=60)
    envoy.start(listener, route(able, coming))
    with Load(predict) as load:
        time.sleep(1)
    assert load.failures == []
    retried = envoy.stats(r"cluster\.digits\.upstream_rq_retry")
    assert retried == {"cluster.digits.upstream_rq_retry": 0}


def test_a_replica_that_becomes_ready_is_used_without_anybody_saying_so(
    envoy: Envoy, listener: Listener, replica: Make, predict: str
) -> None:
    able, coming = replica(), replica("digits", unready_seconds=1)
    envoy.start(listener, route(able, starting=(coming,)))
    with Load(predict) as load:
        time.sleep(3)
    assert load.failures == []
    assert len(answered_by(load)) == 2


def test_requests_that_wait_go_on_when_replicas_are_replaced(
    envoy: Envoy, listener: Listener, replica: Make, predict: str
) -> None:
    dead, other = replica(), replica()
    dead.kill()
    envoy.start(listener, route(dead))
    answers: list[int] = []
    wait = threading.Thread(
        target=lambda: answers.append(httpx.post(predict, timeout=20).status_code)
    )
    wait.start()
    time.sleep(1)
    envoy.update(route(starting=(dead,)))
    time.sleep(0.5)
    envoy.update(route(other))
    wait.join(10)
    assert answers == [200]


def test_a_large_body_is_sent_again(
    envoy: Envoy, listener: Listener, replica: Make, predict: str
) -> None:
    only = replica()
    envoy.start(listener, route(only))
    only.kill()
    threading.Timer(1, only.start).start()
    body = b"x" * listener.max_body_bytes
    answer = httpx.post(predict, content=body, timeout=20)
    assert (answer.status_code, answer.json()["length"]) == (200, len(body))


def test_a_request_in_flight_at_a_removed_replica_is_answered(
    envoy: Envoy, listener: Listener, replica: Make, url: str
) -> None:
    only = replica()
    envoy.start(listener, route(only))
    answers: list[int] = []
    slow = threading.Thread(
        target=lambda: answers.append(httpx.post(f"{url}/digits/x?ms=1500").status_code)
    )
    slow.start()
    time.sleep(0.5)
    envoy.update([])
    only.kill(signal.SIGTERM)
    slow.join(10)
    assert answers == [200]


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [("GET", {}, 200), ("POST", {"Idempotency-Key": "a"}, 200), ("POST", {}, 503)],
)
def test_a_connection_lost_in_the_middle_is_repeated_only_where_that_is_safe(
    envoy: Envoy,
    listener: Listener,
    replica: Make,
    method: str,
    headers: dict[str, str],
    status: int,
) -> None:
    only = replica()
    envoy.start(listener, route(only))
    answers: list[httpx.Response] = []
    target = f"http://127.0.0.1:{listener.port}/digits/x?ms=1000"
    slow = threading.Thread(
        target=lambda: answers.append(httpx.request(method, target, headers=headers, timeout=20))
    )
    slow.start()
    time.sleep(0.5)
    only.kill()
    only.start()
    slow.join(15)
    assert answers[0].status_code == status
