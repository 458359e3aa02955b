"""What a running server tells of itself: metrics, the log, the documentation page."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from lading_runtime.routes import documentation
from tests.contracts.runtime.serving import Server, serve

LOGGING = """
import logging
log = logging.getLogger("reader")

def read(number: int) -> int:
    log.info("read %d", number)
    if number == 2:
        print("printed")
        raise ValueError("two")
    return number
"""
TRACE = "0af7651916cd43dd8448eb211c80319c"


def scraped(client: httpx.Client) -> dict[tuple[str, ...], float]:
    """Samples, by their names and the values of their labels besides the service's."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            assert sample.labels["service"] == "handlers"
            labels = [y for x, y in sample.labels.items() if x != "service"]
            samples[sample.name, *labels] = sample.value
    return samples


def eventually(holds: Callable[[], bool], said: Callable[[], str]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, said()
        time.sleep(0.01)


def lines(server: Server) -> list[dict[str, Any]]:
    return [dict(json.loads(x)) for x in server.log().splitlines() if x.startswith("{")]


def test_predictions_and_refusals_are_counted(tmp_path: Path) -> None:
    with serve(tmp_path, "square") as server, server.client() as client:
        for number in (1, 2, "three"):
            client.post("/predict", json={"number": number})
        client.get("/nowhere")
        told = scraped(client)
    assert told["lading_requests_total", "predict", "200"] == 2
    assert told["lading_requests_total", "predict", "422"] == 1
    assert told["lading_request_errors_total", "invalid_argument"] == 1
    assert told["lading_request_errors_total", "not_found"] == 1
    assert told["lading_request_duration_seconds_count", "predict"] == 3
    assert 0 < told["lading_request_duration_seconds_sum", "predict"] < 10
    assert told["lading_queue_wait_seconds_count",] == 3
    assert told["lading_queue_length",] == 0
    assert told["lading_requests_in_flight",] == 0
    assert told["lading_connections",] == 1


def test_workers_and_their_processes_are_told(tmp_path: Path) -> None:
    with serve(tmp_path, "square", WORKERS="2") as server, server.client() as client:
        eventually(lambda: scraped(client)["lading_workers", "ready"] == 2, server.log)
        told = scraped(client)
    assert told["lading_load_duration_seconds",] > 0
    for process in ("front", "worker-0", "worker-1"):
        assert told["process_resident_memory_bytes", process] > 1e6
        assert abs(told["process_start_time_seconds", process] - time.time()) < 600


def test_what_waits_is_told_while_it_waits(tmp_path: Path) -> None:
    with serve(tmp_path, "slow") as server, server.client() as client:
        raw = b'{"seconds": 0.5}'
        head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(
            raw
        )
        open_connections = [server.connect() for _ in range(3)]
        for connection in open_connections:
            connection.sendall(head + raw)

        def waiting() -> bool:
            told = scraped(client)
            return told["lading_requests_in_flight",] == 3 and told["lading_queue_length",] == 2

        eventually(waiting, server.log)
        for connection in open_connections:
            connection.close()


def test_a_worker_that_died_is_counted(tmp_path: Path) -> None:
    (tmp_path / "dying.py").write_text(
        "import os\ndef die(now: bool) -> int:\n    os._exit(3) if now else None\n    return 1\n"
    )
    with serve(tmp_path, "dying:die", SOURCE=str(tmp_path)) as server, server.client() as client:
        assert client.post("/predict", json={"now": True}).status_code == 503
        died = ("lading_worker_restarts_total", "died")
        eventually(lambda: scraped(client).get(died) == 1, server.log)


@pytest.fixture
def logging_server(tmp_path: Path) -> Any:
    (tmp_path / "logs.py").write_text(LOGGING)
    settings = {"SOURCE": str(tmp_path), "LOG_LEVEL": "info"}
    with serve(tmp_path, "logs:read", **settings) as server:
        yield server


def test_what_a_handler_logs_names_the_request_it_was_logged_for(logging_server: Server) -> None:
    with logging_server.client() as client:
        parent = f"00-{TRACE}-b7ad6b7169203331-01"
        headers = {"x-request-id": "mine", "traceparent": parent}
        assert client.post("/predict", json={"number": 1}, headers=headers).status_code == 200
    [line] = [x for x in lines(logging_server) if "logger" in x]
    assert line.pop("time")
    assert line == {
        "level": "info", "logger": "reader", "message": "read 1", "service": "handlers",
        "request_id": "mine", "trace_id": TRACE,
    }  # fmt: skip


def test_a_failure_is_logged_under_the_same_request(logging_server: Server) -> None:
    with logging_server.client() as client:
        answer = client.post("/predict", json={"number": 2})
    given = answer.headers["x-request-id"]
    assert answer.status_code == 500
    [failure] = [x for x in lines(logging_server) if x.get("event") == "prediction failed"]
    assert failure["request_id"] == given
    assert failure["traceback"].endswith("ValueError: two\n")
    [record] = [x for x in lines(logging_server) if "logger" in x]
    assert (record["request_id"], record["trace_id"]) == (given, failure["trace_id"])
    assert "printed" in logging_server.log().splitlines()


@pytest.mark.parametrize(("kind", "codes"), [("", ["internal_error"]), ("none", [])])
def test_the_access_log_tells_of_failures(kind: str, codes: list[str], tmp_path: Path) -> None:
    assert access_log(kind, tmp_path) == codes


def test_the_access_log_may_tell_of_all(tmp_path: Path) -> None:
    assert access_log("all", tmp_path) == ["", "internal_error", "invalid_argument", "not_found"]


def access_log(kind: str, folder: Path) -> list[str]:
    """The codes that have a line, of one request each."""
    with serve(folder, "raises", ACCESS_LOG=kind) as server, server.client() as client:
        for number in (2, 0, "x"):
            client.post("/predict", json={"number": number})
        client.get("/nowhere")
        client.get("/healthz")
    return sorted(x["code"] for x in lines(server) if x.get("event") == "request")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("LOG_LEVEL", "debug, info, warning, error, critical"), ("ACCESS_LOG", "all, errors, none")],
)
def test_a_log_that_is_not_known_is_named(name: str, expected: str, tmp_path: Path) -> None:
    with serve(tmp_path, "square", wait=False, **{name: "loud"}) as server:
        assert server.process.wait(20) == 2
        assert server.log() == f"LADING_{name}: expected one of {expected}, got 'loud'\n"


def test_the_documentation_page_is_served_with_its_policy(client: httpx.Client) -> None:
    answer = client.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.content == documentation.page()
    for name, value in documentation.HEADERS.items():
        assert answer.headers[name] == value
