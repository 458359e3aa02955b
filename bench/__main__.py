"""`python -m bench`: measures everything, and writes bench/RESULTS.md.

`python -m bench serving` measures the serving runtime alone; it says with `--help` what of it.
`python -m bench many` measures apps of many models alone, `python -m bench shipping` registries and
versions.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import app, docker, machine, peer, programs, results
from bench.figure import Figure
from bench.programs import MeasurementError, say
from bench.serving.options import Options
from bench.works import (
    container_start,
    first_answer,
    first_image,
    image_contents,
    image_size,
    many,
    quick_command,
    rebuild,
    serving,
    shipping,
    through_gateway,
)

_FEW, _SOME, _MANY = 3, 7, 15
_ENDED = 128 + signal.SIGTERM
_LOADED = f"{app.SERVICE}/{app.SERVICE}:latest"


def main() -> int:
    # Whoever ends the bench ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_ENDED))
    if sys.argv[1:2] == ["serving"]:
        return serving.main(sys.argv[2:])
    if part := {"many": many.main, "shipping": shipping.main}.get(" ".join(sys.argv[1:])):
        return part()
    if sys.argv[1:]:
        print(f"bench: expected serving, many, shipping or nothing\n{__doc__}", file=sys.stderr)
        return 2
    if os.geteuid():
        print("bench: needs root, for a Docker Engine of its own: sudo make bench", file=sys.stderr)
        return 1
    begun = time.monotonic()
    try:
        programs.install()
        results.replace(results.SERVING, serving.section(Options()))
        with tempfile.TemporaryDirectory(prefix="lading-bench.") as folder, docker.engine() as peer:
            results.replace(results.MANY, many.section(Path(folder), peer))
        with tempfile.TemporaryDirectory(prefix="lading-bench.") as folder, docker.engine() as peer:
            results.replace(results.SHIPPING, shipping.section(Path(folder), peer))
        with tempfile.TemporaryDirectory(prefix="lading-bench.") as folder, docker.engine() as peer:
            table = _measure(Path(folder), peer)
    except MeasurementError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(table)
    say(f"{time.monotonic() - begun:.0f} s; {results.PATH}")
    return 0


def _measure(folder: Path, engine: docker.Docker) -> str:
    say("training and building the example")
    with app.example(folder) as example:
        beside = peer.make(engine, example, folder)
        works = _works(example, beside, folder)
        figures: list[Figure] = []
        skipped: list[str] = []
        try:
            for name, work in works.items():
                say(name)
                _attempt(name, work, figures, skipped)
            contents = image_contents.contents(example)
            return results.write(machine.described(engine), figures, contents, skipped)
        finally:
            engine("image", "rm", "--force", _LOADED)
            beside.forget()


def _works(
    example: app.App, beside: peer.Peer, folder: Path
) -> dict[str, Callable[[], list[Figure]]]:
    engine = beside.docker
    return {
        "first image": lambda: first_image.measure(example, beside, folder, _FEW),
        "image size": lambda: image_size.measure(example, beside, folder),
        "rebuild": lambda: rebuild.measure(example, beside, _SOME),
        "quick command": lambda: quick_command.measure(example, engine, _MANY),
        "container start": lambda: container_start.measure(
            example, engine, _loaded(example, engine, folder), folder, _MANY
        ),
        "first answer": lambda: first_answer.measure(example, beside, _LOADED, _SOME),
        "gateway": lambda: through_gateway.measure(example, _SOME),
    }


def _loaded(example: app.App, engine: docker.Docker, folder: Path) -> str:
    """Gives the peer our image; its name there."""
    archive = folder / "image.tar"
    example.lading("export", "archive", app.SERVICE, "--output", str(archive))
    engine("load", "--input", archive)
    archive.unlink()
    return _LOADED


def _attempt(
    name: str, work: Callable[[], list[Figure]], figures: list[Figure], skipped: list[str]
) -> None:
    """One work that cannot be done here does not spoil the others."""
    try:
        figures += work()
    except MeasurementError as error:
        say(f"{name}: not measured: {error}")
        skipped.append(f"{name}: {error}")


if __name__ == "__main__":
    sys.exit(main())
