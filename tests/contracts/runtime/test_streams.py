"""Generators as server-sent events."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contracts.runtime.serving import Server, serve


@pytest.fixture(scope="module", params=["batches:counts", "batches:counts_async"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    with serve(tmp_path_factory.mktemp("streams"), request.param) as served:
        yield served


def events(answer: httpx.Response) -> Iterator[tuple[str, object]]:
    name = "message"
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_every_item_is_an_event_in_order(server: Server) -> None:
    with server.client() as client:
        for _ in range(2):  # on the same connection
            with client.stream("POST", "/predict", json={"to": 1000}) as answer:
                assert answer.headers["content-type"] == "text/event-stream"
                assert answer.headers["x-request-id"]
                assert [number for _, number in events(answer)] == [*range(1000)]


def test_an_item_is_sent_when_it_is_made(server: Server) -> None:
    begun = time.monotonic()
    with (
        server.client() as client,
        client.stream("POST", "/predict", json={"to": 2, "seconds": 0.5}) as answer,
    ):
        assert next(events(answer)) == ("message", 0)
        assert time.monotonic() - begun < 0.9


def test_arguments_are_validated_before_the_stream(server: Server) -> None:
    with server.client() as client:
        assert client.post("/predict", json={"to": "x"}).status_code == 422


def test_one_that_fails_at_once_is_an_ordinary_problem(server: Server) -> None:
    with server.client() as client:
        answer = client.post("/predict", json={"to": 3, "fails_at": 0})
        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        assert "secret" not in answer.text


def test_one_that_fails_later_ends_with_the_problem_as_an_event(server: Server) -> None:
    with server.client() as client:
        with client.stream("POST", "/predict", json={"to": 3, "fails_at": 2}) as answer:
            *good, (name, problem) = events(answer)
        assert [number for _, number in good] == [0, 1]
        assert name == "error"
        assert isinstance(problem, dict)
        assert problem["code"] == "internal_error"
        assert problem["request_id"] == answer.headers["x-request-id"]
        assert client.post("/predict", json={"to": 1}).status_code == 200


def test_a_client_that_goes_away_ends_the_generator(server: Server) -> None:
    with server.connect() as connection:
        body = b'{"to": 123456, "seconds": 0.01}'
        head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
        connection.sendall(head % len(body) + body)
        connection.recv(100)
    deadline = time.monotonic() + 10
    while "closed 123456" not in server.log():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with server.client() as client:
        assert client.post("/predict", json={"to": 1}).status_code == 200


def test_a_slow_reader_slows_the_generator_down_and_loses_nothing(server: Server) -> None:
    count = 40_000  # more than all buffers between hold
    with server.connect() as connection:
        body = b'{"to": %d}' % count
        head = b"POST /handlers/predict HTTP/1.0\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
        connection.sendall(head % len(body) + body)
        time.sleep(0.3)
        received = bytearray()
        while piece := connection.recv(1 << 20):
            received += piece
    numbers = [int(line[6:]) for line in received.split(b"\n") if line.startswith(b"data: ")]
    assert numbers == [*range(count)]


def test_one_that_is_broken_off_is_not_taken_for_whole(tmp_path: Path) -> None:
    with serve(tmp_path, "observed:breaks_off") as served, served.client() as client:
        *good, (name, _) = events(client.post("/predict", json={"to": 2}))
        assert (good, name) == ([("message", 0), ("message", 1)], "error")


def test_one_that_does_not_let_itself_be_closed_ends_no_worker(tmp_path: Path) -> None:
    with serve(tmp_path, "observed:holds_on") as served, served.client() as client:
        with client.stream("POST", "/predict", json={"to": 10000}) as answer:
            assert next(events(answer)) == ("message", 0)
        assert [number for _, number in events(client.post("/predict", json={"to": 2}))] == [0, 1]
        assert "generator ignored GeneratorExit" in served.log()
        assert "worker died" not in served.log()


def test_the_end_of_the_server_is_no_failure_of_a_generator(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:counts") as served, served.connect() as connection:
        body = b'{"to": 1000, "seconds": 0.01}'
        head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
        connection.sendall(head % len(body) + body)
        connection.recv(100)
        served.process.kill()
        deadline = time.monotonic() + 10
        while "closed 1000" not in served.log():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert "prediction failed" not in served.log()


@pytest.mark.parametrize("attribute", ["batches:counts", "batches:counts_async"])
def test_a_reader_may_pause_for_longer_than_an_item_may_take(
    tmp_path: Path, attribute: str
) -> None:
    with serve(tmp_path, attribute, REQUEST_TIMEOUT="0.4") as served:
        with served.connect() as connection:
            body = b'{"to": 100000}'
            head = b"POST /handlers/predict HTTP/1.0\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
            connection.sendall(head % len(body) + body)
            received = bytearray(connection.recv(1000))
            time.sleep(1)
            while piece := connection.recv(1 << 20):
                received += piece
        assert (received.count(b"data: "), received.count(b"error")) == (100_000, 0)
        with served.client() as client:  # it is the handler's turn again
            late = client.post("/predict", json={"to": 2, "seconds": 0.6})
            assert late.json()["code"] == "deadline_exceeded"
