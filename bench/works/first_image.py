"""The first image of an app on a machine that has nothing of it yet."""

from __future__ import annotations

from pathlib import Path

from bench.app import App
from bench.figure import Figure, ratio
from bench.peer import Peer, index_options
from bench.sample import Sample, by_turns, seconds

GOAL = 1 / 3
_PEER = (
    "`docker build --no-cache` with `pip install --no-cache-dir` of the same versions, its base "
    "image there already"
)


def measure(app: App, peer: Peer, folder: Path, times: int) -> list[Figure]:
    """Every repetition of ours begins without lock, store, downloads and uv's cache."""
    locking: list[float] = []

    def ours() -> float:
        fresh = app.at(folder / "fresh")
        fresh.lock.unlink()
        locking.append(seconds(lambda: fresh.lading("lock")))
        building = seconds(lambda: fresh.lading("build"))
        fresh.forget()
        return building

    def theirs() -> float:
        return seconds(lambda: peer.build("--no-cache", *index_options()))

    taken = by_turns(times, {"build": ours, "docker": theirs})
    build, docker = taken["build"], taken["docker"]
    whole = Sample(tuple(a + b for a, b in zip(locking, build.values, strict=True)))
    return [
        ratio(
            "first image, empty cache", build, docker, GOAL,
            f"`lading build` from the lock with nothing downloaded before; {_PEER}",
        ),
        ratio(
            "first image, `lock` included", whole, docker, None,
            f"`lading lock` and `lading build`; {_PEER}",
        ),
    ]  # fmt: skip
