"""Ten small services: from nothing to all ready, and the update of one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.app import App, free_port, kept
from bench.client import answered
from bench.docker import Docker
from bench.figure import Figure, ratio, spread
from bench.programs import ROOT, MeasurementError, call
from bench.sample import Sample, by_turns, seconds

COUNT = 10
UPDATE_SECONDS = 2.0
"""What an update of one service may take, its image included."""
_READY_SECONDS = 120.0
_LOOK_SECONDS = 0.01
_CODE = """\
def predict(number: int) -> int:
    return number + {number}  # change {change}
"""


@dataclass(frozen=True)
class Compose:
    """The same app as Compose runs it, from what `lading export compose` wrote into `folder`."""

    docker: Docker
    folder: Path

    def __call__(self, *arguments: str) -> None:
        configuration = call(ROOT / ".ci" / "compose").strip()
        environment = {**self.docker.environment, "DOCKER_CONFIG": configuration}
        call(self.docker.program, "compose", *arguments, cwd=self.folder, env=environment)


def measure(folder: Path, docker: Docker, times: int) -> list[Figure]:
    """Images are built and the engines have them: what is measured is the start."""
    with _app(folder / "ten", docker) as app:
        compose = _exported(app, docker)
        sides: dict[str, Callable[[], float]] = {
            "embedded": lambda: _up(app, "embedded"),
            "docker": lambda: _up(app, "docker"),
            "compose": lambda: _compose_up(app, compose),
        }
        for side in sides.values():
            side()  # Unpacks layers, loads images.
        taken = by_turns(times, sides)
        compose("down", "--volumes")
        return [*_starts(taken), *_updates(app, times)]


def _starts(taken: dict[str, Sample]) -> list[Figure]:
    theirs = "`docker compose up --detach --wait` of what `lading export compose` wrote"
    ours = "`lading up --detach`, until each has answered a prediction through the gateway"
    return [
        ratio(
            f"{COUNT} services from nothing to ready, {engine} engine", taken[engine],
            taken["compose"], None, f"{ours}; {theirs}, the same",
        )
        for engine in ("embedded", "docker")
    ]  # fmt: skip


def _updates(app: App, times: int) -> list[Figure]:
    app.lading("up", "--detach")
    plans, updates, same = [], [], []
    for number in range(1, times + 1):
        _write(app.folder, 3, number)
        plans.append(seconds(lambda: app.lading("up", "--dry-run")))
        updates.append(seconds(lambda: app.lading("up", "--detach")))
        same.append(seconds(lambda: app.lading("up", "--detach")))
    app.lading("down")
    plan, update, nothing = Sample(tuple(plans)), Sample(tuple(updates)), Sample(tuple(same))
    return [
        Figure(
            f"plan of a code change in one of {COUNT} services", spread(plan), "", "", "", None,
            "`lading up --dry-run`, the whole command",
        ),
        Figure(
            f"update of one of {COUNT} services", spread(update), "", "",
            f"≤ {UPDATE_SECONDS:g} s", update.median <= UPDATE_SECONDS,
            "`lading up --detach` after a change of its code: image, new container ready, old one "
            "stopped",
        ),
        Figure(
            f"`lading up` of {COUNT} services, nothing changed", spread(nothing), "", "", "", None,
            "the whole command",
        ),
    ]  # fmt: skip


def _up(app: App, engine: str) -> float:
    begun = time.perf_counter()
    app.lading("up", "--detach", "--engine", engine)
    _until_all_answer(app)
    taken = time.perf_counter() - begun
    app.lading("down")
    return taken


def _compose_up(app: App, compose: Compose) -> float:
    begun = time.perf_counter()
    compose("up", "--detach", "--wait")
    _until_all_answer(app)
    taken = time.perf_counter() - begun
    compose("down", "--volumes")
    return taken


def _until_all_answer(app: App) -> None:
    until = time.monotonic() + _READY_SECONDS
    for number in range(COUNT):
        body = b'{"number":1}'
        head = (
            f"POST /adds-{number}/predict HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(body)}"
            "\r\nContent-Type: application/json\r\n\r\n"
        )
        while answered(f"127.0.0.1:{app.port}", head.encode() + body) is None:
            if time.monotonic() > until:
                raise MeasurementError(f"adds-{number} does not answer")
            time.sleep(_LOOK_SECONDS)


def _exported(app: App, docker: Docker) -> Compose:
    folder = app.folder.parent / "composed"
    app.lading("export", "compose", "--output", str(folder))
    for archive in folder.glob("*.tar*"):
        docker("load", "--input", archive)
    return Compose(docker, folder)


@contextmanager
def _app(folder: Path, docker: Docker) -> Iterator[App]:
    folder.mkdir(parents=True)
    app = App(folder, folder.parent / "ten-home", free_port(), docker.host)
    lines = ["app: ten", "services:"]
    for number in range(COUNT):
        _write(folder, number, 0)
        lines += [
            f"  adds-{number}:",
            f"    source: adds-{number}",
            "    handler: adding:predict",
            "    resources: {memory: 128Mi}",
        ]
    lines.append(f"gateway: {{port: {app.port}}}")
    (folder / "lading.yaml").write_text("\n".join(lines) + "\n")
    with kept(app, ("lock",), ("build",)):
        yield app


def _write(folder: Path, number: int, change: int) -> None:
    source = folder / f"adds-{number}"
    source.mkdir(exist_ok=True)
    (source / "adding.py").write_text(_CODE.format(number=number, change=change))
