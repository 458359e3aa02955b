"""One server with one model: started, checked, put under load, weighed, stopped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.programs import MeasurementError
from bench.serving import environments
from bench.serving.peers import Peer
from bench.serving.start import NotAnsweredError, Running, ask, started
from bench.serving.wrk import Load, load

_ASKED_AT_ONCE = 16
_CHECKED = 96


@dataclass(frozen=True)
class Plan:
    """How long a server is put under load, and over how many connections."""

    connections: tuple[int, ...] = (1, 16, 64)
    seconds: float = 3.0
    """For each number of connections."""
    warming_seconds: float = 2.0
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

    def right(self, peer: Peer, port: int, number: int) -> bool:
        """Asks one of them. Raises NotAnsweredError."""
        found = ask(port, peer.path, json.dumps(peer.body(self.rows[number])))
        return peer.answer(found) == self.answers[number]

    def bodies(self, peer: Peer, folder: Path) -> Path:
        """A file with a request's body on each line."""
        path = folder / "bodies"
        path.write_text("".join(json.dumps(peer.body(row)) + "\n" for row in self.rows))
        return path


def measure(peer: Peer, model: str, plan: Plan) -> Result:
    """Raises MeasurementError where the server cannot be had, does not start or is wrong."""
    with running(peer, model) as (one, questions):
        _check(one, questions)
        bodies = questions.bodies(peer, one.folder)
        load(one.url, bodies, max(plan.connections), plan.warming_seconds)
        loads = {x: load(one.url, bodies, x, plan.seconds) for x in plan.connections}
        one.server.require_running()
        return Result(peer, model, one.start_seconds, one.server.memory_bytes(), loads)


@contextmanager
def running(peer: Peer, model: str) -> Iterator[tuple[Running, Questions]]:
    """A server that has answered its first question rightly, and what else it may be asked."""
    home = environments.make(peer.environment, peer.packages)
    asked = json.loads((home / "models" / "asked.json").read_text())
    questions = Questions(asked["rows"], asked["answers"][model])
    with started(peer, home, model, lambda port: questions.right(peer, port, 0)) as one:
        yield one, questions


def _check(one: Running, questions: Questions) -> None:
    """Asks many questions at once, and compares every answer. Who refuses some is not wrong."""

    def right(number: int) -> bool | None:
        try:
            return questions.right(one.peer, one.port, number)
        except NotAnsweredError:
            return None

    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        found = Counter(pool.map(right, range(_CHECKED)))
    if found[False] or found[True] < _CHECKED / 2:
        told = f"{found[False]} are wrong, {found[None]} are none"
        raise MeasurementError(f"of {_CHECKED} answers {told}")
