"""The loop over an engine in memory, with a real Envoy in front of real, small servers."""

from __future__ import annotations

import asyncio
import shutil
import socketserver
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from lading.controller import status
from lading.controller.history import History
from lading.controller.loop import Loop
from lading.controller.messages import WantedApp, WantedService
from lading.engines.engine import Limits, Workload
from lading.engines.memory import Behaviour, Memory
from lading.errors import GatewayError
from lading.gateway import process
from lading.gateway.envoy import Envoy
from lading.gateway.route import Listener
from lading.oci import Digest
from lading.state.database import open_file
from lading.state.record import Record

APP = "translator-0a1b2c"


class Replicas:
    """What runs "inside" the containers of a Memory engine: servers that say who they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refusing: set[str] = set()
        self._servers: list[socketserver.BaseServer] = []

    def behave(self, workload: Workload) -> Behaviour:
        path = self.folder / f"{workload.name[-12:]}.sock"
        path.unlink(missing_ok=True)
        server = _server(path, workload.name, self.refusing)
        self._servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return Behaviour(lines=(("stdout", "hello"),), address=f"unix:{path}")

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()


def _server(path: Path, name: str, refusing: set[str]) -> socketserver.BaseServer:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = name.encode()
            self.send_response(503 if name in refusing else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "unix"

        def log_message(self, format: str, *args: object) -> None: ...

    return socketserver.ThreadingUnixStreamServer(str(path), Answer)


@pytest.fixture
def folder() -> Iterator[Path]:
    # UNIX socket paths are short; pytest's own temporary folders are not.
    path = Path(tempfile.mkdtemp(prefix="ld-", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def replicas(folder: Path) -> Iterator[Replicas]:
    made = Replicas(folder)
    yield made
    made.close()


@pytest.fixture
def engine(replicas: Replicas) -> Memory:
    return Memory(behave=replicas.behave)


def loop_over(engine: Memory, folder: Path) -> Loop:
    record = Record(open_file(folder / "state.db"))
    return Loop(APP, engine, Envoy(folder / "gateway"), record, History(folder / "logs"))


@contextmanager
def envoy_gone(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        left = Envoy(folder / "gateway")
        if left.adopt():
            left.stop(grace_seconds=0)


def wanted(port: int, image: bytes = b"1", replicas: int = 1) -> WantedApp:
    service = WantedService("ocr", str(Digest.of(image)), Limits(), False, replicas, 10.0)
    return WantedApp("translator", Listener(port=port), (service,))


async def until(what: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.02)


def ready(loop: Loop, count: int = 1) -> bool:
    return all(s.settled and s.ready == count for s in status.services(loop))


def run(folder: Path, story: Callable[[], object]) -> None:
    with envoy_gone(folder):
        asyncio.run(story())  # type: ignore[arg-type]


def test_an_app_comes_up_answers_and_goes_down(
    engine: Memory, folder: Path, free_tcp_port: int
) -> None:
    async def story() -> None:
        loop = loop_over(engine, folder)
        running = asyncio.create_task(loop.run())
        await loop.apply(wanted(free_tcp_port, replicas=2))
        await until(lambda: ready(loop, 2))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_tcp_port}") as client:
            answers = {(await client.get("/ocr/x")).text for _ in range(20)}
        assert answers == {f"{APP}.ocr.1.0", f"{APP}.ocr.1.1"}
        loop.down()
        await asyncio.wait_for(running, 10)
        assert engine.names() == []
        assert loop.gateway_pid is None

    run(folder, story)


def test_what_died_is_started_again_at_the_same_place(
    engine: Memory, folder: Path, free_tcp_port: int
) -> None:
    async def story() -> None:
        loop = loop_over(engine, folder)
        running = asyncio.create_task(loop.run())
        await loop.apply(wanted(free_tcp_port))
        await until(lambda: ready(loop))
        engine.exit(f"{APP}.ocr.1.0", 137, out_of_memory=True)
        await until(lambda: engine.applied.count(f"{APP}.ocr.1.0") == 2 and ready(loop))
        (service,) = status.services(loop)
        assert service.replicas[0].restarts == 1
        assert service.replicas[0].last_end == "killed: over its memory limit"
        texts = [line.text for line in History(folder / "logs").read("ocr")]
        assert texts == [
            "starting",
            "ready",
            "killed: over its memory limit",
            "hello",
            "starting",
            "ready",
        ]
        loop.down()
        await asyncio.wait_for(running, 10)

    run(folder, story)


def test_a_new_revision_takes_over_once_it_is_ready(
    engine: Memory, replicas: Replicas, folder: Path, free_tcp_port: int
) -> None:
    async def story() -> None:
        loop = loop_over(engine, folder)
        running = asyncio.create_task(loop.run())
        await loop.apply(wanted(free_tcp_port))
        await until(lambda: ready(loop))
        replicas.refusing.add(f"{APP}.ocr.2.0")
        await loop.apply(wanted(free_tcp_port, b"2"))
        await until(lambda: f"{APP}.ocr.2.0" in engine.names())
        await asyncio.sleep(0.5)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_tcp_port}") as client:
            assert {(await client.get("/ocr/x")).text for _ in range(10)} == {f"{APP}.ocr.1.0"}
            replicas.refusing.clear()
            await until(lambda: engine.names() == [f"{APP}.ocr.2.0"])
            assert {(await client.get("/ocr/x")).text for _ in range(10)} == {f"{APP}.ocr.2.0"}
        loop.down()
        await asyncio.wait_for(running, 10)

    run(folder, story)


def test_a_later_loop_adopts_what_runs_and_starts_nothing_twice(
    engine: Memory, folder: Path, free_tcp_port: int
) -> None:
    async def story() -> None:
        first = loop_over(engine, folder)
        running = asyncio.create_task(first.run())
        await first.apply(wanted(free_tcp_port, replicas=2))
        await until(lambda: ready(first, 2))
        pid = first.gateway_pid
        running.cancel()
        await asyncio.wait({running})
        second = loop_over(engine, folder)
        running = asyncio.create_task(second.run())
        await until(lambda: ready(second, 2))
        await asyncio.sleep(0.5)
        assert sorted(engine.applied) == [f"{APP}.ocr.1.0", f"{APP}.ocr.1.1"]
        assert second.gateway_pid == pid
        second.down()
        await asyncio.wait_for(running, 10)

    run(folder, story)


def test_a_port_in_use_is_refused_and_nothing_is_started(
    engine: Memory, folder: Path, free_tcp_port: int
) -> None:
    async def story() -> None:
        server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", free_tcp_port)
        loop = loop_over(engine, folder)
        running = asyncio.create_task(loop.run())
        with pytest.raises(GatewayError):
            await loop.apply(wanted(free_tcp_port))
        loop.down()
        await asyncio.wait_for(running, 10)
        server.close()
        assert engine.applied == []

    run(folder, story)


def test_containers_of_other_apps_are_left_alone(
    engine: Memory, folder: Path, free_tcp_port: int
) -> None:
    async def story() -> None:
        engine.apply(Workload("other-ffffff.ocr.1.0", Digest.of(b"x")))
        loop = loop_over(engine, folder)
        running = asyncio.create_task(loop.run())
        await loop.apply(wanted(free_tcp_port))
        await until(lambda: ready(loop))
        loop.down()
        await asyncio.wait_for(running, 10)
        assert engine.names() == ["other-ffffff.ocr.1.0"]

    run(folder, story)


def test_a_gateway_whose_documents_cannot_be_written_is_tried_again(
    engine: Memory, folder: Path, free_tcp_port: int
) -> None:
    async def story() -> None:
        loop = loop_over(engine, folder)
        running = asyncio.create_task(loop.run())
        await loop.apply(wanted(free_tcp_port))
        await until(lambda: ready(loop))
        documents = folder / "gateway" / "endpoints"
        documents.rename(folder / "aside")
        documents.touch()
        await loop.apply(wanted(free_tcp_port, replicas=2))
        record = Record(open_file(folder / "state.db"))
        await until(lambda: any("failed" in event.text for event in record.events()))
        assert not running.done()
        documents.unlink()
        (folder / "aside").rename(documents)
        await until(lambda: ready(loop, 2))
        loop.down()
        await asyncio.wait_for(running, 10)

    run(folder, story)


def test_after_a_down_nothing_is_opened_until_it_is_asked_for(
    engine: Memory, folder: Path, free_tcp_port_factory: Callable[[], int]
) -> None:
    async def story() -> None:
        for _ in range(2):
            loop = loop_over(engine, folder)
            running = asyncio.create_task(loop.run())
            await asyncio.sleep(0.3)
            assert loop.gateway_pid is None
            await loop.apply(wanted(free_tcp_port_factory()))
            await until(lambda loop=loop: ready(loop))  # type: ignore[misc]
            assert loop.gateway_restarts == 0
            loop.down()
            await asyncio.wait_for(running, 10)

    run(folder, story)


def test_what_is_asked_while_the_gateway_is_looked_for_is_not_lost(
    engine: Memory, folder: Path, free_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = process.find

    def slowly(arguments: Sequence[str]) -> process.Process | None:
        found = find(arguments)
        time.sleep(0.5)
        return found

    async def story() -> None:
        loop = loop_over(engine, folder)
        running = asyncio.create_task(loop.run())
        await asyncio.sleep(0.1)
        await loop.apply(wanted(free_tcp_port))
        await until(lambda: ready(loop))
        assert loop.gateway_restarts == 0
        loop.down()
        await asyncio.wait_for(running, 20)

    monkeypatch.setattr(process, "find", slowly)
    run(folder, story)


def test_down_before_the_first_look_ends_what_a_killed_controller_left(
    engine: Memory, folder: Path, free_tcp_port: int
) -> None:
    async def story() -> None:
        first = loop_over(engine, folder)
        running = asyncio.create_task(first.run())
        await first.apply(wanted(free_tcp_port, replicas=2))
        await until(lambda: ready(first, 2))
        running.cancel()
        await asyncio.wait({running})
        second = loop_over(engine, folder)
        second.down()
        await asyncio.wait_for(second.run(), 10)
        assert engine.names() == []

    run(folder, story)
