"""What a prediction may do to its caller and to others."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.contracts.runtime.serving import serve, wait_until_ready


def test_a_handler_that_raises_tells_the_client_nothing_and_the_log_everything(
    tmp_path: Path,
) -> None:
    with serve(tmp_path, "raises") as server, server.client() as client:
        for number in (0, 1):
            answer = client.post("/predict", json={"number": number})
            request_id = answer.headers["x-request-id"]
            assert answer.status_code == 500
            assert answer.json() == {
                "type": "urn:lading:problem:internal_error",
                "title": "Internal error",
                "status": 500,
                "code": "internal_error",
                "detail": f"the log says why, under request id {request_id}",
                "request_id": request_id,
            }
            assert request_id in server.log()
        assert "StopIteration: a secret of the handler" in server.log()
        assert client.post("/predict", json={"number": 5}).json() == 5


def test_a_result_that_json_cannot_hold_is_500_and_nan_is_null(tmp_path: Path) -> None:
    with serve(tmp_path, "returns_object") as server, server.client() as client:
        assert client.post("/predict", json={"number": 1}).status_code == 500
        assert "a object cannot be written as JSON" in server.log()
        assert client.post("/predict", json={"number": 0}).content == b"null"


@pytest.mark.parametrize("depth", [100, 300, 480, 700, 985, 30000])
def test_nesting_is_answered_or_refused_at_any_depth(tmp_path: Path, depth: int) -> None:
    with serve(tmp_path, "grows") as server, server.client() as client:
        body = b'{"tree": ' + b'{"child": ' * depth + b"null" + b"}" * (depth + 1)
        answer = client.post("/predict", content=body)
        if answer.status_code == 200:
            assert answer.content == body[len(b'{"tree": ') : -1].replace(b" ", b"")
        else:
            assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
            assert depth > 100
    with serve(tmp_path, "echo") as server, server.client() as client:
        body = b'{"value": ' + b"[" * depth + b"]" * depth + b"}"
        assert client.post("/predict", content=body).status_code in {200, 400}


def test_a_list_of_files_takes_every_part_of_its_name(tmp_path: Path) -> None:
    with serve(tmp_path, "files") as server, server.client() as client:
        parts = [("images", ("a", b"1")), ("images", ("b", b"22"))]
        assert client.post("/predict", files=parts).json() == [1, 2]
        twice = [*parts, ("note", (None, "a")), ("note", (None, "b"))]
        assert client.post("/predict", files=twice).json()["errors"] == [
            {"field": "note", "expected": "one field", "came": "2 fields"}
        ]


def test_a_handler_without_arguments_needs_no_body(tmp_path: Path) -> None:
    with serve(tmp_path, "no_arguments") as server, server.client() as client:
        assert client.post("/predict").json() == "here"


def test_no_caller_ever_gets_the_answer_of_another(tmp_path: Path) -> None:
    with serve(tmp_path, "square", QUEUE="1000") as server:

        def ask(worker: int) -> list[tuple[int, int]]:
            with server.client() as client:
                numbers = range(worker * 20, worker * 20 + 20)
                return [(n, client.post("/predict", json={"number": n}).json()) for n in numbers]

        with ThreadPoolExecutor(50) as pool:
            answers = [pair for pairs in pool.map(ask, range(50)) for pair in pairs]
    assert sorted(answers) == [(n, n * n) for n in range(1000)]


@pytest.mark.parametrize("attribute", ["slow", "blocks"])
def test_health_answers_while_a_prediction_takes_its_time(tmp_path: Path, attribute: str) -> None:
    with serve(tmp_path, attribute, REQUEST_TIMEOUT="0.5") as server, server.client() as client:
        with ThreadPoolExecutor(1) as pool:
            pending = pool.submit(client.post, "/predict", json={"seconds": 2.0})
            time.sleep(0.2)
            started = time.monotonic()
            assert client.get("/healthz").status_code == 200
            assert time.monotonic() - started < 0.2
            assert client.get("/readyz").status_code == 200
            assert pending.result().status_code == 504
            assert pending.result().json()["code"] == "deadline_exceeded"
            assert pending.result().json()["detail"] == "no answer within 0.5 seconds"
            assert client.get("/healthz").status_code == 200
            # The worker that did not return was replaced: nobody waits for it.
            wait_until_ready(server)
            assert client.post("/predict", json={"seconds": 0}).status_code == 200
        assert '"event":"worker is stuck"' in server.log()
        assert 'handlers.py", line' in server.log()  # where it was


def test_past_the_queue_there_is_503_at_once(tmp_path: Path) -> None:
    with serve(tmp_path, "slow", QUEUE="2") as server, ThreadPoolExecutor(10) as pool:

        def ask(tag: int) -> httpx.Response:
            with server.client() as client:
                return client.post("/predict", json={"seconds": 0.6, "tag": tag})

        answers = list(pool.map(ask, range(10)))
    good = [answer for answer in answers if answer.status_code == 200]
    full = [answer for answer in answers if answer.status_code == 503]
    assert (len(good), len(full)) == (3, 7)
    assert {answer.json()["code"] for answer in full} == {"queue_full"}
    assert {answer.headers["x-lading-not-started"] for answer in full} == {"1"}
    assert {answer.headers["retry-after"] for answer in full} == {"1"}


def test_a_client_that_goes_away_frees_its_place(tmp_path: Path) -> None:
    body = b'{"seconds": 0.5}'
    head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    raw = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with serve(tmp_path, "slow", QUEUE="1") as server, server.client() as client:
        with server.connect() as first, server.connect() as second:
            first.sendall(raw)
            time.sleep(0.1)
            second.sendall(raw)
            time.sleep(0.1)
            assert client.post("/predict", json={"seconds": 0}).status_code == 503
        time.sleep(0.1)
        assert client.post("/predict", json={"seconds": 0}).status_code == 200
