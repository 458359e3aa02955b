"""From a registry to the first answer, on a machine that has nothing of it."""

from __future__ import annotations

import time
from itertools import count
from pathlib import Path

from bench.app import SERVICE, App, free_port
from bench.client import prediction
from bench.figure import Figure, ratio
from bench.peer import Peer
from bench.programs import MeasurementError
from bench.registry import Registry
from bench.sample import by_turns
from bench.works.first_answer import until_answered

_THERE = "Already exists"
"""What `docker pull` says of a layer that it needs not ask for."""


def measure(app: App, peer: Peer, registry: Registry, folder: Path, times: int) -> list[Figure]:
    """The peer's image is its own; its base goes away as well before each repetition."""
    request = prediction(f"/{SERVICE}/predict", app.picture)
    name = f"{registry.address}/docker/pulled"
    peer.docker("tag", peer.tag, name)
    peer.docker("push", "--quiet", name)
    # Its base and all that its build kept as well: what is there already is not pulled.
    peer.forget(name)
    app.lading("build")
    app.lading("push", "--to", f"{registry.address}/ours", "--insecure")
    numbers = count()
    homes: list[App] = []

    def lading() -> float:
        homes.append(app.at(folder / f"empty{next(numbers)}"))
        begun = time.perf_counter()
        homes[-1].lading("pull", "--from", f"{registry.address}/ours", "--insecure")
        homes[-1].lading("up", "--detach")
        until_answered(f"127.0.0.1:{app.port}", request)
        taken = time.perf_counter() - begun
        homes[-1].lading("down")
        return taken

    def docker() -> float:
        port = free_port()
        container = f"lading-bench-{port}"
        begun = time.perf_counter()
        said = peer.docker("pull", name)
        peer.docker(
            "run", "--detach", f"--name={container}", f"--publish=127.0.0.1:{port}:8080",
            "--read-only", "--tmpfs=/tmp", "--cpus=1", "--memory=512m", name,
        )  # fmt: skip
        until_answered(f"127.0.0.1:{port}", request)
        taken = time.perf_counter() - begun
        peer.docker.remove(container)
        peer.docker("image", "rm", "--force", name)
        if _THERE in said:
            raise MeasurementError("Docker had some of the layers that it was to pull")
        return taken

    taken = by_turns(times, {"lading": lading, "docker": docker})
    for one in homes:
        one.forget()
    return [
        ratio(
            "pulled and started on an empty machine", taken["lading"], taken["docker"], 1.0,
            "`lading pull` and `lading up --detach` in an empty home, until the first 200 of the "
            "gateway; `docker pull` and `docker run --publish` of its own image with no image "
            "there, until its first 200; a registry on loopback",
        )
    ]  # fmt: skip
