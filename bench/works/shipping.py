"""Images on their way: to a registry, from it, verified, and in a store of many."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import app, docker, machine, peer, programs, registry, results
from bench.docker import Docker
from bench.figure import Figure
from bench.programs import MeasurementError, say
from bench.works import buildah, large_store, pulling, pushing, verifying

_TIMES, _FEW = 5, 3
_IMAGES, _REVISIONS = 1_000, 10_000
PROGRAMS = ("dockerd", "runc", "mmdebstrap", "docker-registry", "buildah")


def main() -> int:
    """`python -m bench shipping`: this work alone. Returns the exit code."""
    try:
        programs.install(*PROGRAMS)
        with tempfile.TemporaryDirectory(prefix="lading-bench.") as folder, docker.engine() as own:
            text = section(Path(folder), own)
    except MeasurementError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    results.replace(results.SHIPPING, text)
    print(text)
    return 0


def section(folder: Path, engine: Docker) -> str:
    """Measures, and puts it into words. What cannot be measured does not spoil the rest."""
    figures: list[Figure] = []
    skipped: list[str] = []
    with app.example(folder) as example, registry.started(folder) as place:
        beside = peer.make(engine, example, folder)
        try:
            beside.build(*peer.index_options())
            for name, work in _works(example, beside, place, folder).items():
                say(name)
                try:
                    figures += work()
                except MeasurementError as error:
                    say(f"{name}: not measured: {error}")
                    skipped.append(f"- {name}: {error}")
        finally:
            beside.forget()
    return "\n\n".join(
        [
            results.SHIPPING,
            "\n".join(f"- {line}" for line in machine.described(engine)),
            results.table(figures),
            "\n".join(f"- **{one.work}**: {one.sides}." for one in figures),
            *(["Not measured:", *skipped] if skipped else []),
        ]
    )


def _works(
    example: app.App, beside: peer.Peer, place: registry.Registry, folder: Path
) -> dict[str, Callable[[], list[Figure]]]:
    return {
        "first image beside buildah": lambda: buildah.first_image(
            example, beside, place, folder, _FEW
        ),
        "push": lambda: pushing.measure(example, beside, place, folder, _TIMES),
        "verify": lambda: verifying.measure(example, beside, _FEW),
        "large store": lambda: large_store.measure(example, folder, _IMAGES, _REVISIONS, _FEW),
        # Last: it takes the peer's images away.
        "pull": lambda: pulling.measure(example, beside, place, folder, _FEW),
    }
