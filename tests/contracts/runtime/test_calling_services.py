"""The client of handlers, against the real server: results, every error, connections."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy
import pytest

from lading_runtime import client, service
from lading_runtime.client.services import Service
from tests.contracts.runtime.serving import SOURCES, Server, serve


@contextmanager
def handler(folder: Path, attribute: str, **env: str) -> Iterator[tuple[Server, Service]]:
    with serve(folder, attribute, **env) as server:
        yield server, service("handlers", gateway=f"unix:{server.socket_path}", timeout=20)


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with handler(tmp_path_factory.mktemp("reading"), "Reader", MAX_BODY="100000") as (_, one):
        yield one


def test_arguments_and_results_of_every_kind(reading: Service) -> None:
    expected = {
        "bytes": 3, "box": {"width": 3, "label": "ü"}, "language": "deu", "colour": "red",
        "when": None, "options": None, "tags": ["a", "1"],
    }  # fmt: skip
    given: dict[str, Any] = {
        "image": b"\r\n-", "box": {"width": 3, "label": "ü"}, "language": "deu", "tags": ["a", "1"],
    }  # fmt: skip
    assert reading.predict(**given) == expected
    assert asyncio.run(reading.predict_async(**given)) == expected
    assert list(reading.stream(**given)) == [expected]


def test_files_are_sent_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "page").write_bytes(b"12345")
    with handler(tmp_path, "files") as (_, files), (tmp_path / "page").open("rb") as page:
        assert files.predict(images=[b"1", page, memoryview(b"123")], note="x") == [1, 5, 3]
        assert files.predict(images=[]) == []


def test_arrays_come_as_lists(tmp_path: Path) -> None:
    with handler(tmp_path, "echo") as (_, echo):
        assert echo.predict(value=numpy.eye(2)) == [[1.0, 0.0], [0.0, 1.0]]


def test_every_argument_that_is_wrong_is_told(reading: Service) -> None:
    with pytest.raises(client.InvalidArgument) as raised:
        reading.predict(image=b"", box={"width": "x"}, language="fr")
    error = raised.value
    assert (error.status, error.code) == (422, "invalid_argument")
    assert {x.field for x in error.faults} == {"box.width", "language"}
    assert error.request_id


def test_a_service_that_is_not_there(reading: Service) -> None:
    with pytest.raises(client.NotFound, match="service 'other': 404 not_found"):
        service("other", gateway=reading.gateway).predict()


def test_a_body_that_is_too_large_is_told_though_it_is_not_read(reading: Service) -> None:
    with pytest.raises(client.RequestRefused, match="413 body_too_large"):
        reading.predict(image=bytes(20_000_000), box={"width": 1})
    assert reading.predict(image=b"", box={"width": 1})["bytes"] == 0


def test_a_handler_that_fails(tmp_path: Path) -> None:
    with handler(tmp_path, "raises") as (server, raises):
        with pytest.raises(client.InternalError) as raised:
            raises.predict(number=0)
        assert raised.value.code == "internal_error"
        assert "secret" not in str(raised.value)
        assert raised.value.request_id
        assert raised.value.request_id in server.log()


def test_a_handler_that_takes_too_long(tmp_path: Path) -> None:
    with handler(tmp_path, "slow", REQUEST_TIMEOUT="0.2") as (_, slow):
        hurried = service("handlers", gateway=slow.gateway, timeout=0.05)
        with pytest.raises(client.DeadlineExceeded, match=r"no answer within 0\.05 seconds"):
            hurried.predict(seconds=0.1)
        with pytest.raises(client.DeadlineExceeded) as raised:
            slow.predict(seconds=0.5)
        assert (raised.value.status, raised.value.code) == (504, "deadline_exceeded")


def test_a_call_waits_for_a_handler_that_is_being_loaded(tmp_path: Path) -> None:
    with serve(tmp_path, "LoadsSlowly", wait=False) as server:
        one = service("handlers", gateway=f"unix:{server.socket_path}")
        wait_for(lambda: Path(server.socket_path or "").exists())
        hurried = service("handlers", gateway=one.gateway, timeout=0.1)
        with pytest.raises(client.ServiceUnavailable, match="503 not_ready") as raised:
            hurried.predict(number=1)
        assert "look whether the service was started" in str(raised.value)
        assert one.predict(number=7) == 7


def test_connections_outlive_a_restart_of_the_server(tmp_path: Path) -> None:
    with handler(tmp_path, "square") as (server, square):
        assert square.predict(number=3) == 9
        assert server.stop() == 0
    with handler(tmp_path, "square"):
        assert square.predict(number=4) == 16
        assert asyncio.run(square.predict_async(number=5)) == 25


def test_a_killed_server_loses_what_it_was_doing(tmp_path: Path) -> None:
    with handler(tmp_path, "slow") as (server, slow):
        assert slow.predict(seconds=0, tag=1) == 1
        timer = threading.Timer(0.1, server.process.kill)
        timer.start()
        with pytest.raises(client.ConnectionLost, match="it may have been done"):
            slow.predict(seconds=5)
        timer.join()


def test_threads_share_connections_and_mix_up_no_answers(tmp_path: Path) -> None:
    with handler(tmp_path, "square") as (_, square), ThreadPoolExecutor(8) as threads:
        numbers = range(400)
        answers = list(threads.map(lambda n: square.predict(number=n), numbers))
    assert answers == [n * n for n in numbers]


def test_coroutines_share_them_too(tmp_path: Path) -> None:
    async def ask(square: Service) -> list[Any]:
        return await asyncio.gather(*(square.predict_async(number=n) for n in range(50)))

    with handler(tmp_path, "square") as (_, square):
        assert asyncio.run(ask(square)) == [n * n for n in range(50)]


def test_forked_processes_use_connections_of_their_own(tmp_path: Path) -> None:
    with handler(tmp_path, "square") as (_, square):
        assert square.predict(number=1) == 1
        forks = multiprocessing.get_context("fork")
        results = forks.SimpleQueue()
        children = [forks.Process(target=_many, args=(square, n, results)) for n in range(3)]
        for child in children:
            child.start()
        assert all(square.predict(number=n) == n * n for n in range(200))
        assert sorted(results.get() for _ in children) == [0, 1, 2]
        for child in children:
            child.join(10)
            assert child.exitcode == 0


def test_a_server_that_calls_nobody_does_not_import_the_client() -> None:
    code = (
        "import sys, lading_runtime, lading_runtime.server\n"
        "assert 'lading_runtime.client' not in sys.modules\n"
        "lading_runtime.service('ocr')\n"
        "loaded = {'http.client', 'email', 'numpy', 'httpx'} & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def _many(square: Service, number: int, results: Any) -> None:
    assert all(square.predict(number=n) == n * n for n in range(200))
    results.put(number)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
