"""The first image of an app on a machine that has nothing of it yet."""

from __future__ import annotations

from pathlib import Path

from bench.app import App
from bench.figure import Figure, ratio
from bench.peer import Peer, index_options
from bench.sample import Sample, by_turns, seconds

GOAL = 1 / 3
_BUILD = "`docker build` with `pip install --no-cache-dir` of the same versions"
_LOAD = "after `docker load` of its compressed base in place of a pull"


def measure(app: App, peer: Peer, folder: Path, times: int) -> list[Figure]:
    """Every repetition of ours begins without lock, store, downloads and uv's cache; Docker's
    without the base image and any build cache."""
    locking: list[float] = []
    pulling: list[float] = []

    def ours() -> float:
        fresh = app.at(folder / "fresh")
        fresh.lock.unlink()
        locking.append(seconds(lambda: fresh.lading("lock")))
        building = seconds(lambda: fresh.lading("build"))
        fresh.forget()
        return building

    def theirs() -> float:
        peer.forget()
        pulling.append(seconds(peer.pull))
        return seconds(lambda: peer.build("--no-cache", *index_options()))

    taken = by_turns(times, {"lading": ours, "docker": theirs})
    build, docker = taken["lading"], taken["docker"]
    whole = docker.plus(Sample(tuple(pulling)))
    locked = build.plus(Sample(tuple(locking)))
    from_lock = "`lading build` from the lock, everything downloaded"
    return [
        ratio("first image, empty cache", build, whole, GOAL, f"{from_lock}; {_BUILD}, {_LOAD}"),
        ratio(
            "first image, `lock` included", locked, whole, None,
            f"`lading lock` and `lading build`; {_BUILD}, {_LOAD}",
        ),
        ratio(
            "first image, Docker's base there", build, docker, None,
            f"{from_lock}, our base too; {_BUILD}, its base there already",
        ),
    ]  # fmt: skip
