"""How soon the command answers."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.app import App
from bench.docker import Docker
from bench.figure import Figure, duration, spread
from bench.programs import LADING, call
from bench.sample import by_turns, seconds

GOAL_SECONDS = 0.12


def measure(app: App, docker: Docker, times: int) -> list[Figure]:
    """`lading --help`, beside an interpreter that does nothing and beside `docker --help`."""

    def run(*arguments: str | Path) -> float:
        return seconds(lambda: call(*arguments, env=app.environment))

    taken = by_turns(
        times,
        {
            "lading": lambda: run(LADING, "--help"),
            "docker": lambda: run(docker.program, "--help"),
            "python": lambda: run(sys.executable, "-c", "pass"),
        },
    )
    ours = taken["lading"]
    return [
        Figure(
            "`lading --help`",
            spread(ours),
            spread(taken["docker"]),
            duration(ours.median),
            f"≤ {duration(GOAL_SECONDS)}",
            ours.median <= GOAL_SECONDS,
            f"`lading --help`; `docker --help`. The same Python with nothing to do takes "
            f"{spread(taken['python'])}",
        )
    ]
