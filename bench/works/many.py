"""Apps of many services and models."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import docker, machine, programs, results
from bench.docker import Docker
from bench.figure import Figure
from bench.programs import MeasurementError, say
from bench.works import many_models, ten_services

_TIMES, _PICTURES = 3, 25


def main() -> int:
    """`python -m bench many`: this work alone. Returns the exit code."""
    try:
        programs.install("dockerd", "runc")
        with tempfile.TemporaryDirectory(prefix="lading-bench.") as folder, docker.engine() as peer:
            text = section(Path(folder), peer)
    except MeasurementError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    results.replace(results.MANY, text)
    print(text)
    return 0


def section(folder: Path, peer: Docker) -> str:
    """Measures, and puts it into words. What cannot be measured does not spoil the rest."""
    figures: list[Figure] = []
    skipped: list[str] = []
    for name, work in _works(folder, peer).items():
        say(name)
        try:
            figures += work()
        except MeasurementError as error:
            say(f"{name}: not measured: {error}")
            skipped.append(f"- {name}: {error}")
    return "\n\n".join(
        [
            results.MANY,
            "\n".join(f"- {line}" for line in machine.described(peer)),
            results.table(figures),
            "\n".join(f"- **{one.work}**: {one.sides}." for one in figures),
            *(["Not measured:", *skipped] if skipped else []),
        ]
    )


def _works(folder: Path, peer: Docker) -> dict[str, Callable[[], list[Figure]]]:
    return {
        "ten services": lambda: ten_services.measure(folder, peer, _TIMES),
        "translator": lambda: many_models.measure(folder, _PICTURES),
    }
