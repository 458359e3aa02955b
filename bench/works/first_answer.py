"""From nothing running to the first answer of a scikit-learn service."""

from __future__ import annotations

import subprocess
import time
from itertools import count

from bench.app import SERVICE, App, free_port
from bench.client import answered, prediction
from bench.docker import Docker
from bench.figure import Figure, ratio
from bench.peer import Peer
from bench.programs import MeasurementError
from bench.sample import by_turns, seconds
from lading.engines.engine import Workload

GOAL = 1.0
_LONGEST_SECONDS = 60.0
_LOOK_SECONDS = 0.002


def measure(app: App, peer: Peer, tag: str, times: int) -> list[Figure]:
    """`tag` is our own image, loaded into the engine of the peer. All sides have one core."""
    numbers = count()
    request = prediction(f"/{SERVICE}/predict", app.picture)
    engine, image = app.engine, app.digest()

    def ours() -> float:
        workload = Workload(f"answer{next(numbers)}", image, grace_seconds=0)
        try:
            return seconds(lambda: until_answered(engine.apply(workload).address, request))
        finally:
            engine.remove(workload.name)

    def whole() -> float:
        begun = time.perf_counter()
        app.lading("up", "--detach")
        until_answered(f"127.0.0.1:{app.port}", request)
        try:
            return time.perf_counter() - begun
        finally:
            app.lading("down")

    sides = {
        "engine": ours,
        "docker": lambda: _docker(peer.docker, tag, request),
        "built": lambda: _docker(peer.docker, peer.tag, request),
        "up": whole,
    }
    taken = by_turns(times, sides)
    theirs = "`docker run --publish` of the same image until its first 200"
    apply = "`engine.apply` until the first 200 on its socket"
    return [
        ratio(
            "nothing to first answer", taken["engine"], taken["docker"], GOAL,
            f"{apply}; {theirs}",
        ),
        ratio(
            "nothing to first answer, Docker's own image", taken["engine"], taken["built"], None,
            f"{apply}; `docker run --publish` of the image that `docker build` made",
        ),
        ratio(
            "`lading up` to first answer", taken["up"], taken["docker"], None,
            f"the command, its check of the image, controller, gateway and container; {theirs}",
        ),
    ]  # fmt: skip


def _docker(docker: Docker, tag: str, request: bytes) -> float:
    port = free_port()
    name = f"lading-bench-{port}"
    arguments = [
        "run", "--detach", f"--name={name}", f"--publish=127.0.0.1:{port}:8080", "--read-only",
        "--tmpfs=/tmp", "--cpus=1", "--memory=512m", tag,
    ]  # fmt: skip
    begun = time.perf_counter()
    # Asked from the beginning: the server may answer before the command has returned.
    running = subprocess.Popen(
        [docker.program, *arguments], env=docker.environment, stdout=subprocess.DEVNULL
    )
    try:
        until_answered(f"127.0.0.1:{port}", request)
        return time.perf_counter() - begun
    finally:
        running.wait()
        docker.remove(name)


def until_answered(address: str, request: bytes) -> None:
    """Ask until the answer is a prediction. Raises MeasurementError after a minute."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not answered(address, request):
        if time.monotonic() > deadline:
            raise MeasurementError(f"no answer at {address} within {_LONGEST_SECONDS:g} s")
        time.sleep(_LOOK_SECONDS)
