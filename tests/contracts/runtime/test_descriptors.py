"""Open files: none is left behind, and where there are few, clients cannot take the last."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.contracts.runtime.serving import Server, serve

OCTETS = {"content-type": "application/octet-stream", "accept": "application/octet-stream"}


def wait_for(happened: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def processes(server: Server) -> list[int]:
    """The front's and all those below it."""
    found = [server.process.pid]
    for pid in found:
        children = Path(f"/proc/{pid}/task/{pid}/children")
        found += map(int, children.read_text().split())
    return found


def open_in(pid: int) -> list[str]:
    """What each descriptor of a process leads to."""
    found = []
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(str(one.readlink()).partition(":[")[0])
    return sorted(found)


@pytest.mark.parametrize("kind", ["unix", "plain"])
def test_none_is_left_after_thousands_of_requests(tmp_path: Path, kind: str) -> None:
    large = b"x" * 70_000
    with serve(tmp_path, "batches:mirror", kind=kind) as server, server.client() as client:
        # The small one is answered when the worker has let go of the large one.
        for body in (large, b"small"):
            assert client.post("/predict", content=body, headers=OCTETS).content == body
        before = [open_in(pid) for pid in processes(server)]
        for number in range(2500):
            kind_of = number % 4
            body = (large, b"small", b"", b"x" * 65_536)[kind_of]
            assert client.post("/predict", content=body, headers=OCTETS).content == body
            if kind_of == 0:
                with server.connect() as gone:
                    gone.sendall(
                        b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Length: 99999\r\n"
                        b"Content-Type: application/octet-stream\r\n\r\n" + large
                    )
        with suppress(AssertionError):
            wait_for(lambda: [open_in(pid) for pid in processes(server)] == before, 5)
        assert [open_in(pid) for pid in processes(server)] == before
        # One body may still be mapped: the last.
        assert Path(f"/proc/{server.process.pid}/maps").read_text().count("memfd") <= 1


def test_idle_connections_cannot_take_the_last_ones(tmp_path: Path) -> None:
    large = b"x" * 300_000
    settings = {"HEADER_TIMEOUT": "0.4"}  # looks every tenth of a second
    with serve(tmp_path, "batches:mirror", **settings) as server, server.client() as kept:
        assert kept.get("/healthz").status_code == 200
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (64, 64))
        idle = [server.connect() for _ in range(100)]
        wait_for(lambda: "too many connections" in server.log())
        for _ in range(3):
            answer = kept.post("/predict", content=large, headers=OCTETS)
            assert (answer.status_code, answer.content == large) == (200, True)
        assert kept.get("/readyz").status_code == 200
        for connection in idle:
            connection.close()
        with server.client() as new:
            assert new.get("/readyz").status_code == 200
        assert server.log().count("\n") < 20
        assert server.stop() == 0
        assert "raceback" not in server.log()


def test_a_stop_while_there_are_too_many_connections_is_a_stop(tmp_path: Path) -> None:
    with serve(tmp_path, "square") as server:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (64, 64))
        idle = [server.connect() for _ in range(100)]
        wait_for(lambda: "too many connections" in server.log())
        assert server.stop() == 0
        for connection in idle:
            connection.close()
        assert "raceback" not in server.log()


def test_a_body_that_fits_into_no_memory_is_refused_and_the_server_goes_on(
    tmp_path: Path,
) -> None:
    with serve(tmp_path, "batches:mirror") as server, server.client() as client:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        answer = client.post("/predict", content=b"x" * 3_000_000, headers=OCTETS)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert answer.json()["detail"] == "there is no memory for a body of this size"
        again = client.post("/predict", content=b"x" * 500_000, headers=OCTETS)
        assert len(again.content) == 500_000
        assert "raceback" not in server.log()


def test_a_body_past_the_limit_frees_what_it_took(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:mirror", MAX_BODY="200000") as server:
        before = open_in(server.process.pid)
        chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
        head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        for _ in range(20):
            with server.connect() as connection:
                connection.sendall(head + chunk * 7)
                assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
        wait_for(lambda: open_in(server.process.pid) == before)


def test_a_client_that_is_refused_can_go_on_over_another_connection(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:size", MAX_BODY="1000") as server, server.client() as client:
        with pytest.raises(httpx.HTTPStatusError, match="413"):
            client.post("/predict", content=b"x" * 1001, headers=OCTETS).raise_for_status()
        assert client.post("/predict", content=b"x" * 1000, headers=OCTETS).json() == 1000


def test_a_large_body_that_was_refused_is_not_kept_with_its_connection(tmp_path: Path) -> None:
    with serve(tmp_path, "slow", QUEUE="0") as server, server.connect() as busy:
        head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
        busy.sendall(head % 14 + b'{"seconds": 5}')
        wait_for(lambda: b"503" in server.exchange(
            b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
            b"Content-Length: 14\r\n\r\n{\"seconds\": 0}"
        ))  # fmt: skip
        kept = [server.connect() for _ in range(5)]
        for connection in kept:
            connection.sendall(head % 200_000 + b"x" * 200_000)
            assert connection.recv(100).startswith(b"HTTP/1.1 503 ")
        wait_for(lambda: not any("memfd" in one for one in open_in(server.process.pid)))
        for connection in kept:
            connection.close()
