"""Building again: after a change of code, and when nothing changed."""

from __future__ import annotations

from itertools import count

from bench.app import App
from bench.figure import Figure, duration, ratio, spread
from bench.peer import Peer
from bench.programs import MeasurementError
from bench.sample import by_turns, seconds

CHANGED_GOAL = 1.0
UNCHANGED_GOAL_SECONDS = 0.15


def measure(app: App, peer: Peer, times: int) -> list[Figure]:
    """Whole processes, the command's own start included."""
    return [_changed(app, peer, times), _unchanged(app, peer, times)]


def _changed(app: App, peer: Peer, times: int) -> Figure:
    numbers = count()

    def ours() -> float:
        app.change(next(numbers))
        return seconds(lambda: app.lading("build"))

    def theirs() -> float:
        app.change(next(numbers))
        peer.take(app)
        before = peer.digest()
        taken = seconds(peer.build)
        if peer.digest() == before:
            raise MeasurementError("`docker build` did not notice a change of code")
        return taken

    taken = by_turns(times, {"lading": ours, "docker": theirs})
    return ratio(
        "rebuild after a code change", taken["lading"], taken["docker"], CHANGED_GOAL,
        "`lading build` after one line of code changed; `docker build` of the same change, "
        "everything below in its cache",
    )  # fmt: skip


def _unchanged(app: App, peer: Peer, times: int) -> Figure:
    app.lading("build")
    peer.build()
    taken = by_turns(
        times,
        {
            "lading": lambda: seconds(lambda: app.lading("build")),
            "docker": lambda: seconds(peer.build),
        },
    )
    ours = taken["lading"]
    return Figure(
        "rebuild, nothing changed",
        spread(ours),
        spread(taken["docker"]),
        duration(ours.median),
        f"≤ {duration(UNCHANGED_GOAL_SECONDS)}",
        ours.median <= UNCHANGED_GOAL_SECONDS,
        "`lading build`; `docker build`; both find everything in their caches",
    )
