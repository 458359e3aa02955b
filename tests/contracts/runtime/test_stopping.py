"""When told to stop: everything received is answered."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.contracts.runtime.serving import Server, serve, wait_until_ready


@pytest.mark.parametrize("kind", ["unix", "tcp", "plain"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("attribute", ["slow", "awaits"])
def test_all_in_flight_are_answered_when_told_to_stop(
    tmp_path: Path, attribute: str, number: signal.Signals, kind: str
) -> None:
    body = b'{"seconds": 0.002, "tag": %d}'
    head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    with serve(tmp_path, attribute, kind=kind, QUEUE="400") as server:
        connections = [server.connect() for _ in range(200)]
        for tag, connection in enumerate(connections[:150]):
            text = body % tag
            connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(text) + text)
        server.process.send_signal(number)
        # Kept connections that were idle when the signal came.
        for tag, connection in enumerate(connections[150:], 150):
            text = body % tag
            connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(text) + text)
        for tag, connection in enumerate(connections):
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
            connection.close()
            assert received.startswith(b"HTTP/1.1 200 OK\r\n"), (tag, received)
            assert received.endswith(b"\r\n\r\n%d" % tag)
        assert server.process.wait(10) == 0
        assert '"unanswered":0' in server.log()
        assert not (tmp_path / "http.sock").exists()


def test_no_request_is_lost_by_a_stop_under_a_storm_of_new_connections(tmp_path: Path) -> None:
    lost: list[object] = []
    answered: list[int] = []
    stopping = threading.Event()
    raw = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    raw += b'Content-Length: 12\r\n\r\n{"number":3}'

    def storm(server: Server) -> None:
        while not stopping.is_set():
            try:
                connection = server.connect()
            except (FileNotFoundError, ConnectionRefusedError):
                return  # never accepted: safe to try elsewhere
            with connection:
                try:
                    connection.sendall(raw)
                    received = connection.recv(65536)
                except OSError as error:
                    lost.append(error)
                    return
            if not received.startswith(b"HTTP/1.1 200 OK"):
                lost.append(received)
                return
            answered.append(1)

    with serve(tmp_path, "square", QUEUE="1000") as server:
        threads = [threading.Thread(target=storm, args=(server,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        code = server.stop()
        stopping.set()
        for thread in threads:
            thread.join()
    assert (code, lost) == (0, [])
    assert len(answered) > 100


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_stop_while_loading_does_not_wait_for_it(tmp_path: Path, workers: str) -> None:
    with serve(tmp_path, "observed:LoadsForLong", wait=False, WORKERS=workers) as server:
        wait_until_ready(server, "/healthz")
        begun = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begun < 5
        assert "raceback" not in server.log()


def test_who_still_waits_at_the_end_of_the_grace_is_told(tmp_path: Path) -> None:
    with serve(tmp_path, "slow", GRACE="0.3") as server, ThreadPoolExecutor(1) as pool:

        def ask() -> httpx.Response:
            with server.client() as client:
                return client.post("/predict", json={"seconds": 20})

        asked = pool.submit(ask)
        until_in_flight(server)
        assert server.stop() == 1
        assert (asked.result().status_code, asked.result().json()["code"]) == (503, "draining")
        assert '"level":"error","event":"stopped"' in server.log()
        assert '"unanswered":1' in server.log()


def test_a_second_interrupt_does_not_wait(tmp_path: Path) -> None:
    with serve(tmp_path, "slow") as server, ThreadPoolExecutor(1) as pool:

        def ask() -> int:
            with server.client() as client:
                return client.post("/predict", json={"seconds": 20}).status_code

        asked = pool.submit(ask)
        until_in_flight(server)
        server.process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + 10
        while '"event":"draining"' not in server.log():
            assert time.monotonic() < deadline
        begun = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(10) == 1
        assert time.monotonic() - begun < 5
        assert asked.result() == 503


def until_in_flight(server: Server) -> None:
    deadline = time.monotonic() + 10
    with server.client() as client:
        while 'lading_requests_in_flight{service="handlers"} 1' not in client.get("/metrics").text:
            assert time.monotonic() < deadline
