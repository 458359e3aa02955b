"""Work that nobody waits for is not begun, and a worker that cannot answer harms nobody else."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.contracts.runtime.serving import Server, serve, wait_until_ready


def eventually(happened: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def request(body: bytes) -> bytes:
    head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def waiting(client: httpx.Client) -> int:
    [line] = [x for x in client.get("/metrics").text.splitlines() if x.startswith("lading_queue_l")]
    return int(float(line.rpartition(" ")[2]))


def inside(client: httpx.Client) -> int:
    lines = client.get("/metrics").text.splitlines()
    [line] = [x for x in lines if x.startswith("lading_requests_in_flight")]
    return int(float(line.rpartition(" ")[2]))


def post(server: Server, **arguments: object) -> httpx.Response:
    with server.client() as client:
        return client.post("/predict", json=arguments)


def test_what_still_waits_at_its_deadline_is_never_begun(tmp_path: Path) -> None:
    with serve(tmp_path, "observed:counted", REQUEST_TIMEOUT="0.4") as server:
        with ThreadPoolExecutor(3) as pool:
            first = pool.submit(post, server, to=80, seconds=0.01)
            eventually(lambda: "begun 80" in server.log())
            others = [pool.submit(post, server, to=number) for number in (3, 4)]
            for other in others:
                answer = other.result()
                assert (answer.status_code, answer.json()["code"]) == (504, "deadline_exceeded")
                assert answer.json()["detail"] == "no answer within 0.4 seconds"
                assert answer.headers["x-lading-not-started"] == "1"
            # A stream may take as long as it likes between its first item and its last.
            assert first.result().text.count("data: ") == 80
        assert post(server, to=1).text == "data: 0\n\n"
    assert re.findall("begun .*", server.log()) == ["begun 80", "begun 1"]


def test_one_whose_time_is_over_is_told_so_by_the_worker_too(tmp_path: Path) -> None:
    """However the two come together: each answer is whole."""
    with (
        serve(tmp_path, "observed:noted", REQUEST_TIMEOUT="0.1", QUEUE="1000") as server,
        ThreadPoolExecutor(12) as pool,
    ):
        answers = list(pool.map(lambda n: post(server, tag=str(n), seconds=0.03), range(36)))
    codes = {(answer.status_code, answer.json().get("code", "")) for answer in answers
             if answer.status_code != 200}  # fmt: skip
    assert codes == {(504, "deadline_exceeded")}
    never = [n for n in range(36) if answers[n].headers.get("x-lading-not-started")]
    assert never
    assert not any(f"begun {number}\n" in server.log() for number in never)


@pytest.mark.parametrize("attribute", ["observed:noted", "observed:Together"])
def test_one_who_leaves_while_waiting_frees_its_place_and_is_never_begun(
    tmp_path: Path, attribute: str
) -> None:
    batches = attribute.endswith("Together")
    slow = b'{"tag": "slow"}' if batches else b'{"tag": "slow", "seconds": 0.5}'
    settings = {"QUEUE": "1", "BATCH_SIZE": "1"}
    places = 4 if batches else 1
    with serve(tmp_path, attribute, **settings) as server, server.client() as client:
        with server.connect() as busy:
            busy.sendall(request(slow))
            eventually(lambda: "begun" in server.log())
            gone = [server.connect() for _ in range(places)]
            for connection in gone:
                connection.sendall(request(b'{"tag": "gone"}'))
            eventually(lambda: waiting(client) == places)
            assert client.post("/predict", json={"tag": "refused"}).status_code == 503
            for connection in gone:
                connection.close()
            eventually(lambda: waiting(client) == 0)
            assert client.post("/predict", json={"tag": "served"}).status_code == 200
        assert server.log().count("begun") == 2


def test_one_who_leaves_while_an_async_batch_is_made_does_not_stop_those_after_it(
    tmp_path: Path,
) -> None:
    with serve(tmp_path, "observed:TogetherLater", REQUEST_TIMEOUT="5") as server:
        with server.connect() as gone:
            gone.sendall(request(b'{"second": 60}'))
            eventually(lambda: "begun" in server.log())
        assert post(server, second=0).json() == 0


def test_those_who_leave_before_an_async_worker_heard_of_them_leave_it_free(
    tmp_path: Path,
) -> None:
    with (
        serve(tmp_path, "observed:pauses", QUEUE="4") as server,
        server.client() as client,
        ThreadPoolExecutor(4) as pool,
    ):
        with server.connect() as busy:
            busy.sendall(request(b'{"seconds": 0.3, "blocking": true}'))
            eventually(lambda: inside(client) == 1)
            gone = [server.connect() for _ in range(4)]
            for connection in gone:
                connection.sendall(request(b'{"seconds": 0}'))
            eventually(lambda: inside(client) == 5)
            for connection in gone:
                connection.close()
            eventually(lambda: inside(client) == 1)
            assert busy.recv(100).startswith(b"HTTP/1.1 200")
        begun = time.monotonic()
        assert len([*pool.map(lambda _: post(server, seconds=1), range(4))]) == 4
        assert time.monotonic() - begun < 3


def test_a_handler_that_holds_the_interpreter_stops_no_health_check_and_is_replaced(
    tmp_path: Path,
) -> None:
    with (
        serve(tmp_path, "observed:holds", REQUEST_TIMEOUT="0.5") as server,
        ThreadPoolExecutor(1) as pool,
        server.client() as client,
    ):
        assert client.post("/predict", json={"text": "aaab"}).json() is True
        stuck = pool.submit(post, server, text="a" * 60)
        slowest = 0.0
        states = set()
        while not stuck.done():
            begun = time.monotonic()
            assert client.get("/healthz").status_code == 200
            slowest = max(slowest, time.monotonic() - begun)
            states.add(client.get("/readyz").status_code)
        assert stuck.result().json()["code"] == "deadline_exceeded"
        assert slowest < 0.3
        assert 200 in states
        wait_until_ready(server)
        assert client.post("/predict", json={"text": "b"}).json() is True
        restarts = 'lading_worker_restarts_total{service="handlers",reason="stuck"} 1'
        assert restarts in client.get("/metrics").text


def test_everything_is_finished_when_told_to_stop_a_batch_and_what_waits(tmp_path: Path) -> None:
    with serve(tmp_path, "observed:Together", BATCH_SIZE="8") as server:
        connections = [server.connect() for _ in range(24)]
        connections[0].sendall(request(b'{"tag": "slow"}'))
        eventually(lambda: "begun" in server.log())
        for number, connection in enumerate(connections[1:], 1):
            connection.sendall(request(b'{"tag": "%d"}' % number))
        assert server.stop() == 0
        bodies = []
        for connection in connections:
            with connection, connection.makefile("rb") as file:
                bodies.append(json.loads(file.read().partition(b"\r\n\r\n")[2]))
        assert bodies[0] == ["slow", "1"]
        assert [body[0] for body in bodies[1:]] == [str(number) for number in range(1, 24)]
        assert max(int(body[1]) for body in bodies) > 1
        assert '"unanswered":0' in server.log()


def test_everything_is_finished_when_told_to_stop_a_stream_and_what_waits(tmp_path: Path) -> None:
    with serve(tmp_path, "observed:counted") as server, ThreadPoolExecutor(4) as pool:
        with server.client() as client:
            wanted = {"to": 100, "seconds": 0.01}
            with client.stream("POST", "/predict", json=wanted) as answer:
                lines = answer.iter_lines()
                assert next(lines) == "data: 0"
                others = [pool.submit(post, server, to=3, seconds=0) for _ in range(3)]
                with server.client() as other:
                    eventually(lambda: waiting(other) == 3)
                stopped = pool.submit(server.stop)
                rest = [line for line in lines if line]
        assert rest == [f"data: {number}" for number in range(1, 100)]
        assert [other.result().text.count("data: ") for other in others] == [3] * 3
        assert stopped.result() == 0


def test_a_stop_turns_readiness_off_while_work_is_finished(tmp_path: Path) -> None:
    with serve(tmp_path, "observed:noted") as server, server.client() as client:
        assert client.get("/readyz").status_code == 200
        with ThreadPoolExecutor(2) as pool:
            busy = pool.submit(post, server, tag="busy", seconds=0.5)
            eventually(lambda: "begun busy" in server.log())
            stopped = pool.submit(server.stop)
            eventually(lambda: '"draining"' in server.log())
            answer = client.get("/readyz")
            assert (answer.status_code, answer.json()["code"]) == (503, "draining")
            assert busy.result().json() == "busy"
            assert stopped.result() == 0


def test_the_trace_and_the_request_id_go_on_to_other_services(tmp_path: Path) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {
        "traceparent": f"00-{trace}-b7ad6b7169203331-01",
        "tracestate": "vendor=1",
        "x-request-id": "mine",
    }
    (tmp_path / "other").mkdir()
    (tmp_path / "one").mkdir()
    with serve(tmp_path / "other", "observed:told", SERVICE="other") as other:
        gateway = f"unix:{other.socket_path}"
        with (
            serve(tmp_path / "one", "observed:relayed", GATEWAY=gateway) as server,
            server.client() as client,
        ):
            mine, theirs = client.post("/predict", headers=headers).json()
            assert mine == [trace, "vendor=1", "mine"]
            assert theirs[0] == trace
            assert re.fullmatch("lading=[0-9a-f]{16}-b7ad6b7169203331,vendor=1", theirs[1])
            first, second = client.post("/predict").json()
            assert first[0] == second[0] != trace
