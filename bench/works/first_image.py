"""The first image of an app on a machine that has nothing of it yet."""

from __future__ import annotations

from pathlib import Path

from bench.app import App
from bench.figure import Figure, ratio
from bench.peer import Peer, index_options
from bench.sample import Sample, by_turns, seconds

GOAL = 1 / 3
_BUILD = "`docker build` with `pip install --no-cache-dir` of the same versions"
_LOAD = "after `docker import` of its compressed base in place of a pull"


def measure(app: App, peer: Peer, folder: Path, times: int) -> list[Figure]:
    """Every repetition of ours begins without lock, store, downloads and uv's cache; Docker's
    without the base image and any build cache. Nothing is deleted until all are done, as that
    slows the file system for who comes next."""
    homes = [app.at(folder / f"fresh{number}") for number in range(times)]
    bases = [peer.another_base(number) for number in range(times)]
    ours, theirs = iter(homes), iter(bases)
    locking: list[float] = []
    pulling: list[float] = []
    pulled: list[str] = []

    def lading() -> float:
        fresh = next(ours)
        fresh.lock.unlink()
        locking.append(seconds(lambda: fresh.lading("lock")))
        return seconds(lambda: fresh.lading("build"))

    def docker_build() -> float:
        base = next(theirs)
        pulling.append(seconds(lambda: pulled.append(peer.pull(base))))
        options = ("--no-cache", f"--build-arg=base={pulled[-1]}", *index_options())
        return seconds(lambda: peer.build(*options))

    taken = by_turns(times, {"lading": lading, "docker": docker_build})
    for home in homes:
        home.forget()
    peer.docker("image", "rm", "--force", *pulled)
    for base in bases:
        base.unlink()
    # What comes next is built on the base without a number.
    peer.build(*index_options())
    return _figures(taken, Sample(tuple(locking)), Sample(tuple(pulling)))


def _figures(taken: dict[str, Sample], locking: Sample, pulling: Sample) -> list[Figure]:
    build, docker = taken["lading"], taken["docker"]
    whole = docker.plus(pulling)
    locked = build.plus(locking)
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
