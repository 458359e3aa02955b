"""One server with one model: started, checked, put under load, weighed, stopped."""

from __future__ import annotations

import http.client
import json
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.programs import MeasurementError
from bench.serving import environments, peers
from bench.serving.peers import Peer
from bench.serving.server import Server
from bench.serving.wrk import Load, load

_START_SECONDS = 90.0
_POLL_SECONDS = 0.005
_ASKED_AT_ONCE = 16
_CHECKED = 96


@dataclass(frozen=True)
class Plan:
    """How long a server is put under load, and over how many connections."""

    connections: tuple[int, ...] = (1, 16, 64)
    seconds: float = 5.0
    """For each number of connections."""
    warming_seconds: float = 4.0
    """Once, over the most connections."""


@dataclass(frozen=True)
class Result:
    """What one server did with one model."""

    peer: Peer
    model: str
    start_seconds: float
    """From exec to the first right answer."""
    memory_bytes: int
    """After the load."""
    loads: dict[int, Load]
    """By number of connections."""


@dataclass(frozen=True)
class Questions:
    """Rows, and what the model answers to each in the server's own environment."""

    rows: list[list[float]]
    answers: list[int]


@dataclass(frozen=True)
class Running:
    """A server that has answered."""

    peer: Peer
    server: Server
    port: int
    folder: Path
    questions: Questions
    start_seconds: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.peer.path}"

    def bodies(self) -> Path:
        """A file with a request's body on each line."""
        path = self.folder / "bodies"
        bodies = (json.dumps(self.peer.body(row)) for row in self.questions.rows)
        path.write_text("\n".join(bodies) + "\n")
        return path


def measure(peer: Peer, model: str, plan: Plan) -> Result:
    """Raises MeasurementError where the server cannot be had, does not start or is wrong."""
    with running(peer, model) as one:
        _check(one)
        bodies = one.bodies()
        load(one.url, bodies, max(plan.connections), plan.warming_seconds)
        loads = {x: load(one.url, bodies, x, plan.seconds) for x in plan.connections}
        one.server.require_running()
        return Result(peer, model, one.start_seconds, one.server.memory_bytes(), loads)


def start_seconds(peer: Peer, model: str) -> float:
    """From exec to the first right answer."""
    with running(peer, model) as one:
        return one.start_seconds


@contextmanager
def running(peer: Peer, model: str) -> Iterator[Running]:
    """A server that has answered its first request rightly."""
    home = environments.make(peer.environment, peer.packages)
    asked = json.loads((home / "models" / "asked.json").read_text())
    questions = Questions(asked["rows"], asked["answers"][model])
    with tempfile.TemporaryDirectory(prefix="lading-bench.") as name:
        folder, port = Path(name), free_port()
        told = {"BENCH_MODEL": str(home / "models" / f"{model}.joblib"), "BENCH_PORT": str(port)}
        own = environments.variables() | {"HOME": name} | told | peers.environment(peer)
        server = Server(_command(peer, home, port), own, folder)
        try:
            seconds = _first_answer(peer, server, port, questions)
            yield Running(peer, server, port, folder, questions, seconds)
        finally:
            server.stop()


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])


def _command(peer: Peer, home: Path, port: int) -> Sequence[str]:
    words = {"bin": home / "bin", "servers": environments.SERVERS, "port": port}
    return [word.format(**words) for word in peer.command]


def _first_answer(peer: Peer, server: Server, port: int, questions: Questions) -> float:
    while time.perf_counter() - server.begun < _START_SECONDS:
        server.require_running()
        try:
            answer = _ask(peer, port, questions.rows[0])
        except (OSError, http.client.HTTPException, MeasurementError):
            time.sleep(_POLL_SECONDS)
            continue
        seconds = time.perf_counter() - server.begun
        _compare(peer, answer, questions.answers[0])
        return seconds
    raise MeasurementError(f"no answer in {_START_SECONDS:.0f} s: {server.last_words()}")


def _check(one: Running) -> None:
    """Asks many questions at once, and compares every answer."""
    asked = one.questions.rows[:_CHECKED]
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        answers = pool.map(lambda row: _ask(one.peer, one.port, row), asked)
        for answer, expected in zip(answers, one.questions.answers, strict=False):
            _compare(one.peer, answer, expected)


def _compare(peer: Peer, answer: object, expected: int) -> None:
    if answer != expected:
        raise MeasurementError(f"{peer.title}: expected {expected}, got {answer!r}")


def _ask(peer: Peer, port: int, row: list[float]) -> object:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        body = json.dumps(peer.body(row))
        connection.request("POST", peer.path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
    if response.status != 200:
        raise MeasurementError(f"{peer.title}: answered {response.status}: {text[:500]!r}")
    return peer.answer(json.loads(text))
