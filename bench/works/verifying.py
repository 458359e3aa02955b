"""Making an image again to prove it, beside making it for the first time."""

from __future__ import annotations

from bench.app import App
from bench.figure import Figure, ratio
from bench.peer import Peer
from bench.sample import by_turns, seconds


def measure(app: App, peer: Peer, times: int) -> list[Figure]:
    """Downloads are there on both sides."""
    # What was measured before may have left the source changed since the last build.
    app.lading("build")
    taken = by_turns(
        times,
        {
            "lading": lambda: seconds(lambda: app.lading("verify")),
            "docker": lambda: seconds(lambda: peer.build("--no-cache")),
        },
    )
    return [
        ratio(
            "verify", taken["lading"], taken["docker"], None,
            "`lading verify`, which makes every layer again and compares; `docker build "
            "--no-cache`, which has nothing to compare with",
        )
    ]  # fmt: skip
