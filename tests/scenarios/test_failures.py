"""What is killed comes back, and nobody who may be answered goes without."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.load import Load
from tests.scenarios.conftest import App, until

BODY = b'{"text": "a"}'


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    """One app for all of these: each leaves it as it found it."""
    made = make_app("failing")
    made.up()
    return made


def controller(app: App) -> int:
    return int(app.json("ps")["pid"])


def is_ready(app: App) -> bool:
    return bool(app.replica()["state"] == "ready")


def load(app: App, idempotent: bool = True) -> Load:
    return Load(app.url(), body=BODY, idempotent=idempotent)


def test_a_killed_replica_is_replaced_and_no_request_that_may_be_retried_fails(app: App) -> None:
    before = app.replica()
    with load(app) as requests:
        time.sleep(1)
        os.kill(before["pid"], signal.SIGKILL)
        until(lambda: is_ready(app) and app.replica()["pid"] != before["pid"])
        time.sleep(1)
    assert requests.failures == []
    assert len(requests.answers) > 300
    after = app.replica()
    assert after["restarts"] == before["restarts"] + 1
    assert after["last_end"] == "killed by signal 9"


def test_without_a_promise_of_idempotence_only_requests_in_the_replica_are_lost(app: App) -> None:
    before = app.replica()
    with load(app, idempotent=False) as requests:
        time.sleep(1)
        killed = time.monotonic()
        os.kill(before["pid"], signal.SIGKILL)
        until(lambda: is_ready(app) and app.replica()["pid"] != before["pid"])
        time.sleep(1)
    for lost in requests.failures:
        assert lost.began <= killed + 0.05 <= lost.began + lost.seconds + 0.1, lost
    assert len(requests.failures) <= 20


def test_a_killed_controller_is_not_noticed_and_the_next_adopts_what_runs(app: App) -> None:
    before, gateway = app.replica(), app.json("ps")["gateway"]["pid"]
    with load(app) as requests:
        time.sleep(0.5)
        os.kill(controller(app), signal.SIGKILL)
        time.sleep(1)
        assert "the controller is gone, and what it looked after runs on" in app.refused("ps")
        app.ok("up", "-d")
        time.sleep(0.5)
    assert requests.failures == []
    assert app.replica()["pid"] == before["pid"]
    assert app.json("ps")["gateway"]["pid"] == gateway
    assert len(app.json("ps")["services"][0]["replicas"]) == 1


def test_a_replica_that_died_while_there_was_no_controller_is_replaced_on_its_return(
    app: App,
) -> None:
    before = app.replica()
    os.kill(controller(app), signal.SIGKILL)
    os.kill(before["pid"], signal.SIGKILL)
    app.ok("up", "-d")
    assert app.replica()["pid"] != before["pid"]
    assert app.ask("echo", text="back") == "1:back"


def test_a_killed_envoy_answers_again_within_two_seconds(app: App) -> None:
    before = app.json("ps")["gateway"]["pid"]
    os.kill(before, signal.SIGKILL)
    killed = time.monotonic()
    while True:
        try:
            answer = httpx.post(app.url(), content=BODY, timeout=2, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.01)
        else:
            break
    assert answer.status_code == 200
    assert time.monotonic() - killed < 2.0
    assert app.json("ps")["gateway"]["pid"] not in (None, before)


def test_a_replica_told_to_end_answers_what_it_has_first(app: App) -> None:
    pid = app.replica()["pid"]

    def ask(number: int) -> tuple[int, str]:
        body = {"text": str(number), "seconds": 0.15}
        answer = httpx.post(app.url(), json=body, timeout=60, trust_env=False)
        return answer.status_code, answer.text

    with ThreadPoolExecutor(10) as pool:
        asked = [pool.submit(ask, number) for number in range(10)]
        time.sleep(0.3)
        os.kill(pid, signal.SIGTERM)
        answers = [one.result() for one in asked]
    assert answers == [(200, f'"1:{number}"') for number in range(10)]
    until(lambda: is_ready(app) and app.replica()["pid"] != pid)
    assert app.replica()["last_end"] == "exit code 0"


def test_a_worker_past_its_memory_is_killed_alone_and_the_log_says_so(app: App) -> None:
    before, gateway = app.replica(), app.json("ps")["gateway"]["pid"]
    body = {"action": "allocate", "size": 1024**3}
    answer = httpx.post(app.url(), json=body, timeout=60, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (503, "worker_died")
    until(lambda: is_ready(app))
    assert app.replica()["pid"] == before["pid"]
    assert app.json("ps")["gateway"]["pid"] == gateway
    texts = [line["text"] for line in app.json("logs")]
    assert "allocating 1073741824 bytes" in texts
    said = "the worker was killed by SIGKILL; out of memory, when nobody else did it"
    assert any(said in text for text in texts)


def test_an_error_in_user_code_is_500_with_an_id_that_the_log_has(app: App) -> None:
    answer = httpx.post(
        app.url(), json={"action": "fail", "text": "s3cret"}, timeout=30, trust_env=False
    )
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (500, 500)
    assert "s3cret" not in answer.text
    until(lambda: any(problem["request_id"] in line["text"] for line in app.json("logs")))
    said = [x["text"] for x in app.json("logs") if problem["request_id"] in x["text"]]
    assert sum("RuntimeError: s3cret" in text for text in said) == 1
