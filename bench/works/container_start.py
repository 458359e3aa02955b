"""From an image that is there to a process that runs."""

from __future__ import annotations

import json
import shutil
from itertools import count
from pathlib import Path

from bench.app import App
from bench.docker import Docker
from bench.figure import Figure, duration, ratio, spread
from bench.programs import call
from bench.sample import Sample, by_turns, seconds
from lading.engines.engine import Workload

GOAL = 1 / 4
COMMAND = ("/usr/bin/python3.11", "-S", "-c", "import time; time.sleep(60)")
# What our engine holds every container to.
_SAME_LIMITS = (
    "--network=none", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL",
    "--security-opt=no-new-privileges", "--memory=512m", "--cpus=1", "--pids-limit=512",
)  # fmt: skip


def measure(app: App, docker: Docker, tag: str, folder: Path, times: int) -> list[Figure]:
    """`tag` is our own image, loaded into the engine of the peer."""
    numbers = count()
    ours = _Ours(app)
    floor = _Floor(docker, tag, folder)
    taken = by_turns(
        times,
        {
            "lading": lambda: ours.start(next(numbers)),
            "docker": lambda: _run(docker, tag),
            "same": lambda: _run(docker, tag, *_SAME_LIMITS),
            "api": lambda: _through_api(docker, tag),
            "runc": lambda: floor.start(next(numbers)),
        },
    )
    floor.clear()
    return _figures(taken)


def _figures(taken: dict[str, Sample]) -> list[Figure]:
    ours = taken["lading"]
    apply = "`engine.apply` until the process runs, limits and seccomp included"
    floor = Figure(
        "container start, the floor",
        spread(ours),
        spread(taken["runc"]),
        f"+ {duration(ours.less(taken['runc']).median)}",
        "",
        None,
        f"{apply}; `runc run` alone on a folder that is unpacked, without limits, network or "
        "anybody who watches",
    )
    return [
        ratio("container start", ours, taken["docker"], GOAL,
              f"{apply}; `docker run --detach` of the same image and command"),
        ratio("container start, same limits", ours, taken["same"], None,
              f"{apply}; `docker run --detach` with the same limits and no network"),
        ratio("container start, no command line", ours, taken["api"], None,
              f"{apply}; create and start over Docker's own socket, same limits, no network"),
        floor,
    ]  # fmt: skip


class _Ours:
    def __init__(self, app: App) -> None:
        self._engine, self._image = app.engine, app.digest()
        # The first call unpacks the layers.
        self.start(-1)

    def start(self, number: int) -> float:
        workload = Workload(f"start{number}", self._image, COMMAND, grace_seconds=0)
        try:
            return seconds(lambda: self._engine.apply(workload))
        finally:
            self._engine.remove(workload.name)


def _run(docker: Docker, tag: str, *options: str) -> float:
    printed: list[str] = []

    def run() -> None:
        program, *arguments = COMMAND
        command = ("run", "--detach", *options, f"--entrypoint={program}", tag, *arguments)
        printed.append(docker(*command).strip())

    try:
        return seconds(run)
    finally:
        docker.remove(*printed)


def _through_api(docker: Docker, tag: str) -> float:
    wanted = {
        "Image": tag,
        "Entrypoint": COMMAND[:1],
        "Cmd": COMMAND[1:],
        "HostConfig": {
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "Tmpfs": {"/tmp": ""},
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "Memory": 512 * 1024**2,
            "NanoCpus": 10**9,
            "PidsLimit": 512,
        },
    }
    made: list[str] = []
    with docker.api() as client:
        client.get("/_ping")

        def run() -> None:
            answer = client.post("/containers/create", json=wanted).raise_for_status()
            made.append(answer.json()["Id"])
            client.post(f"/containers/{made[0]}/start").raise_for_status()

        try:
            return seconds(run)
        finally:
            docker.remove(*made)


class _Floor:
    """runc and a folder, nothing else."""

    def __init__(self, docker: Docker, tag: str, folder: Path) -> None:
        self._bundle = folder / "bundle"
        root = self._bundle / "rootfs"
        root.mkdir(parents=True)
        container = docker("create", tag).strip()
        try:
            docker("export", "--output", folder / "root.tar", container)
        finally:
            docker.remove(container)
        call("tar", "--extract", "--file", folder / "root.tar", "--directory", root)
        (folder / "root.tar").unlink()
        call("runc", "spec", cwd=self._bundle)
        configuration = self._bundle / "config.json"
        document = json.loads(configuration.read_text())
        document["process"] |= {"terminal": False, "args": list(COMMAND)}
        configuration.write_text(json.dumps(document))

    def start(self, number: int) -> float:
        name = f"lading-bench-{number}"
        # A detached container keeps its streams, so they cannot be a pipe that is read to its end.
        script = 'exec runc run --detach --bundle "$0" "$1" </dev/null >/dev/null 2>&1'
        try:
            return seconds(lambda: call("sh", "-c", script, self._bundle, name))
        finally:
            call("runc", "delete", "--force", name)

    def clear(self) -> None:
        shutil.rmtree(self._bundle)
