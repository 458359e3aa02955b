"""The processes that predict: they die, get stuck, share; the server says what is true."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.contracts.runtime.serving import Server, serve, wait_until_ready


def ask_all(server: Server, number: int, times: int) -> list[httpx.Response]:
    def one(_: int) -> httpx.Response:
        with server.client() as client:
            return client.post("/predict", json={"number": number})

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_a_worker_that_dies_answers_503_and_comes_back(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:dies") as server, server.client() as client:
        before = client.post("/predict", json={"number": 1}).json()
        died = client.post("/predict", json={"number": 0})
        assert (died.status_code, died.json()["code"]) == (503, "worker_died")
        assert died.headers["retry-after"] == "1"
        assert "x-lading-not-started" not in died.headers
        wait_until_ready(server)
        assert client.post("/predict", json={"number": 1}).json() != before
        assert '"reason":"the worker was killed by SIGSEGV"' in server.log()
        restarts = 'lading_worker_restarts_total{service="handlers",reason="died"} 1'
        assert restarts in client.get("/metrics").text
        assert server.stop() == 0


def test_who_only_waited_behind_one_that_dies_is_answered_by_the_next_worker(
    tmp_path: Path,
) -> None:
    with serve(tmp_path, "batches:dies") as server, ThreadPoolExecutor(8) as pool:

        def ask(number: int) -> int:
            with server.client() as client:
                return client.post("/predict", json={"number": number}).status_code

        first = pool.submit(ask, -1500)
        time.sleep(0.1)
        deadly = pool.submit(ask, 0)
        time.sleep(0.05)
        others = [pool.submit(ask, 1) for _ in range(5)]
        assert first.result() == 200
        assert deadly.result() == 503
        # Where the new worker is still being loaded, what waits, waits for it.
        assert [other.result() for other in others] == [200] * 5


def test_not_ready_while_no_worker_can_answer(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:DiesAndLoadsSlowly", REQUEST_TIMEOUT="1") as server:
        with server.client() as client:
            assert client.post("/predict", json={"number": 0}).status_code == 503
            gone = client.get("/readyz")
            assert (gone.status_code, gone.json()["code"]) == (503, "worker_died")
            assert gone.json()["detail"] == "the worker died, and is being replaced"
            refused = client.post("/predict", json={"number": 5})
            assert (refused.status_code, refused.headers["x-lading-not-started"]) == (503, "1")
            assert client.get("/healthz").status_code == 200
            wait_until_ready(server)
            assert client.post("/predict", json={"number": 1}).status_code == 504
            deadline = time.monotonic() + 5
            while (stuck := client.get("/readyz")).status_code == 200:
                assert time.monotonic() < deadline
                time.sleep(0.005)
            assert stuck.json()["code"] == "worker_stuck"
            assert client.get("/healthz").status_code == 200
        wait_until_ready(server)


def test_workers_that_cannot_live_end_the_server_with_3(tmp_path: Path) -> None:
    body = b'{"number": 0}'
    head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
    raw = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with serve(tmp_path, "batches:dies") as server:
        deadline = time.monotonic() + 20
        while server.process.poll() is None:
            assert time.monotonic() < deadline
            with suppress(OSError):
                assert server.exchange(raw)[:12] in (b"HTTP/1.1 503", b"")
            time.sleep(0.05)
        assert server.process.wait() == 3
    assert "workers in a row ended at once" in server.log().splitlines()[-1]


def test_deaths_far_from_one_another_end_no_server_that_streams(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:dies_between") as server, server.client() as client:
        for _ in range(7):
            assert client.post("/predict", json={"to": 0}).status_code == 503
            wait_until_ready(server)
            assert client.post("/predict", json={"to": 1}).text == "data: 0\n\n"


def test_streams_do_not_wait_behind_one_another_while_a_worker_is_free(tmp_path: Path) -> None:
    with (
        serve(tmp_path, "batches:dies_between", WORKERS="2") as server,
        server.client() as client,
        ThreadPoolExecutor(4) as pool,
    ):
        for _ in range(60):  # what is refused in no time says nothing of how long a stream takes
            assert client.post("/predict", json={"to": "x"}).status_code == 422

        def stream(_: int) -> float:
            begun = time.monotonic()
            with server.client() as one:
                one.post("/predict", json={"to": 40, "seconds": 0.02})
            return time.monotonic() - begun

        assert max(pool.map(stream, range(4))) < 2.2


@pytest.mark.parametrize("attribute", ["batches:process", "batches:Threaded"])
def test_workers_share_the_load(tmp_path: Path, attribute: str) -> None:
    with serve(tmp_path, attribute, WORKERS="3") as server:
        deadline = time.monotonic() + 10
        while len({answer.json() for answer in ask_all(server, 1, 12)}) < 3:
            assert time.monotonic() < deadline
        alone = "each worker loads alone" in server.log()
        assert alone is (attribute == "batches:Threaded")
        assert server.stop() == 0


def test_workers_share_the_memory_of_what_was_loaded(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:Large", WORKERS="2") as server:
        seen = {}
        deadline = time.monotonic() + 10
        while len(seen) < 2:
            assert time.monotonic() < deadline
            seen |= dict(answer.json() for answer in ask_all(server, 1, 6))
    assert max(seen.values()) < 32 * 1024


def test_nothing_is_left_when_the_server_is_killed(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:process", WORKERS="2") as server:
        pids = {answer.json() for answer in ask_all(server, 1, 12)}
        server.process.kill()
        server.process.wait()
        deadline = time.monotonic() + 5
        while any(Path(f"/proc/{pid}").exists() for pid in pids):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_nothing_is_left_when_the_nursery_is_killed(tmp_path: Path) -> None:
    with serve(tmp_path, "slow", WORKERS="2") as server, server.connect() as busy:
        body = b'{"seconds": 60}'
        head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
        busy.sendall(head % len(body) + body)
        families = [server.process.pid]
        for pid in families:
            children = Path(f"/proc/{pid}/task/{pid}/children")
            families += map(int, children.read_text().split())
        time.sleep(0.1)
        os.kill(families[2], signal.SIGKILL)  # the one that shares what it loaded
        assert server.process.wait(10) == 3
        deadline = time.monotonic() + 5
        while any(Path(f"/proc/{pid}/exe").exists() for pid in families[1:]):
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 70_000, 3_000_000])
def test_bodies_of_every_size_arrive_whole(tmp_path: Path, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    with serve(tmp_path, "batches:mirror") as server, server.client() as client:
        for _ in range(2):
            answer = client.post(
                "/predict", content=data[:size],
                headers={"content-type": "application/octet-stream",
                         "accept": "application/octet-stream"},
            )  # fmt: skip
            assert answer.status_code == 200
            assert answer.content == data[:size]


@pytest.mark.parametrize("how", ["exits", "cancelled"])
def test_an_async_handler_that_gives_up_is_a_500_and_ends_nothing_else(
    tmp_path: Path, how: str
) -> None:
    with serve(tmp_path, "observed:gives_up") as server, server.client() as client:
        answer = client.post("/predict", json={"how": how})
        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        assert client.post("/predict", json={"how": "not"}).json() == "not"
        assert "worker died" not in server.log()
