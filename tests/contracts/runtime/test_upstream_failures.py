"""What the caller of a service is told when another service that it calls fails."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contracts.runtime.serving import serve


class Gateway:
    """Answers every request with `status` and the problem `document`, after `seconds`."""

    def __init__(self, path: Path) -> None:
        self.status, self.seconds, self.calls = 200, 0.0, 0
        self.document: dict[str, Any] = {}
        outer = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.calls += 1
                time.sleep(outer.seconds)
                body = json.dumps(outer.document).encode()
                self.send_response(outer.status)
                self.send_header("content-type", "application/problem+json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self.server = socketserver.ThreadingUnixStreamServer(str(path), Answer)
        self.address = f"unix:{path}"

    def fails(self, status: int, code: str, **more: object) -> None:
        self.status = status
        self.document = {"status": status, "code": code, "detail": f"why {code}", **more}


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    made = Gateway(tmp_path / "gateway.sock")
    with made.server:
        threading.Thread(target=made.server.serve_forever, daemon=True).start()
        yield made
        made.server.shutdown()


CASES = [
    ((503, "no_replica"), (503, "upstream_unavailable")),
    ((429, "overloaded"), (503, "upstream_unavailable")),
    ((504, "deadline_exceeded"), (504, "upstream_timeout")),
    ((500, "internal_error"), (502, "upstream_failed")),
    ((502, "upstream_failed"), (502, "upstream_failed")),
    ((404, "unknown_service"), (502, "upstream_failed")),
    ((422, "invalid_argument"), (502, "upstream_failed")),
]


@pytest.mark.parametrize("handler", ["ask", "ask_async"])
def test_the_service_that_failed_is_named(tmp_path: Path, gateway: Gateway, handler: str) -> None:
    with (
        serve(tmp_path, f"calling:{handler}", GATEWAY=gateway.address) as server,
        server.client() as client,
    ):
        for (status, code), expected in CASES:
            gateway.fails(status, code)
            answer = client.post("/predict", json={})
            told = answer.json()
            assert (answer.status_code, told["code"], told["service"]) == (*expected, "ocr")
            assert told["detail"] == f"service 'ocr': {status} {code}: why {code}"
            assert ("retry-after" in answer.headers) == (expected[0] == 503)
            assert "x-lading-not-started" not in answer.headers
        log = server.log()
    lines = [json.loads(line) for line in log.splitlines()]
    said = [line for line in lines if line["event"] == "a called service failed"]
    assert [(x["level"], x["problem"]) for x in said] == [("warning", y[1]) for _, y in CASES]
    assert said[-1]["request_id"] == told["request_id"]
    assert "Traceback" not in log


def asked(tmp_path: Path, handler: str, gateway: str, **body: object) -> httpx.Response:
    with (
        serve(tmp_path, f"calling:{handler}", GATEWAY=gateway) as server,
        server.client() as client,
    ):
        return client.post("/predict", json=body)


def test_the_one_behind_it_is_named_where_it_says_so(tmp_path: Path, gateway: Gateway) -> None:
    gateway.fails(503, "upstream_unavailable", service="fonts")
    told = asked(tmp_path, "ask", gateway.address).json()
    assert told["service"] == "fonts"
    assert told["detail"] == "service 'ocr': 503 upstream_unavailable: why upstream_unavailable"


def test_one_that_does_not_answer_in_time_is_a_504(tmp_path: Path, gateway: Gateway) -> None:
    gateway.seconds = 1.5
    answer = asked(tmp_path, "ask", gateway.address)
    assert (answer.status_code, answer.json()["service"]) == (504, "ocr")
    assert answer.json()["detail"] == "service 'ocr': no answer within 1 seconds"


def test_without_a_gateway_it_is_a_503(tmp_path: Path) -> None:
    answer = asked(tmp_path, "ask", f"unix:{tmp_path}/nobody.sock")
    assert (answer.status_code, answer.json()["code"]) == (503, "upstream_unavailable")


def test_a_gateway_that_is_not_set_is_ones_own_fault(tmp_path: Path) -> None:
    answer = asked(tmp_path, "ask", "")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


def test_a_stream_ends_with_it(tmp_path: Path, gateway: Gateway) -> None:
    gateway.fails(503, "no_replica")
    text = asked(tmp_path, "ask_while_streaming", gateway.address).text
    last = text.strip().split("\n\n")[-1]
    assert last.startswith("event: error\n")
    assert json.loads(last.partition("data: ")[2])["service"] == "ocr"


def test_over_the_inference_protocol_too(tmp_path: Path, gateway: Gateway) -> None:
    gateway.fails(503, "no_replica")
    with (
        serve(tmp_path, "calling:ask", GATEWAY=gateway.address) as server,
        httpx.Client(transport=httpx.HTTPTransport(uds=server.socket_path)) as client,
    ):
        name = {"name": "name", "shape": [1], "datatype": "BYTES", "data": ["ocr"]}
        answer = client.post("http://h/v2/models/handlers/infer", json={"inputs": [name]})
    assert answer.status_code == 503
    assert "service 'ocr': 503 no_replica" in answer.json()["error"]


def test_a_batch_is_not_asked_again_in_halves(tmp_path: Path, gateway: Gateway) -> None:
    gateway.fails(503, "no_replica")
    gateway.seconds = 0.2
    with (
        serve(tmp_path, "calling:AskTogether", GATEWAY=gateway.address) as server,
        server.client() as client,
    ):
        statuses: list[int] = []
        threads = [
            threading.Thread(
                target=lambda: statuses.append(
                    client.post("/predict", json={"asks": True}).status_code
                )
            )
            for _ in range(17)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        largest = client.post("/predict", json={"asks": False}).json()
    assert statuses == [503] * 17
    assert largest > 4
    assert gateway.calls < 12
