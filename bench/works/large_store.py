"""A store of many images, and services of many revisions: what looking at them costs.

`python -m bench.works.large_store [IMAGES REVISIONS]` measures this alone.
"""

from __future__ import annotations

import io
import resource
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.app import App
from bench.figure import Figure, duration, spread
from bench.sample import Sample, seconds
from lading.controller.wants import Wants
from lading.oci import Artifact, Descriptor, Digest, Image, Layer, Reference, assemble, media_types
from lading.oci.annotations import KIND, TITLE, UNPACKED
from lading.releases.revision import Occasion, Spec
from lading.state.database import open_file
from lading.state.record import NewRevision, Record
from lading.state.rows import Want
from lading.stores.layout import Layout

GOAL_SECONDS = 1.0
_COMMANDS = (
    ("images", "--all"),
    ("images", "--all", "--json"),
    ("history",),
    ("history", "--all"),
    ("prune", "--dry-run"),
)
_LOAD = "the controller's first look at its database"
_SERVICES = 10
_SHARED = 8
"""Layers that all images have."""
_BILL_BYTES = 20_000


@dataclass(frozen=True)
class _Taken:
    """Seconds by the clock, and of the processor."""

    clock: Sample
    processor: Sample


def measure(app: App, folder: Path, images: int, revisions: int, times: int) -> list[Figure]:
    """Each command at a tenth of the size, and at all of it, to see that the cost is linear."""
    small = _timed(_filled(app.at(folder / "small"), images // 10, revisions // 10), times)
    large = _timed(_filled(app.at(folder / "large"), images, revisions), times)
    return [
        Figure(
            f"{name}, {images:,} images, {revisions:,} revisions",
            spread(taken.clock),
            f"a tenth of it: {spread(small[name].clock)}",
            duration(taken.clock.median),
            f"≤ {duration(GOAL_SECONDS)}",
            taken.clock.median <= GOAL_SECONDS,
            f"{duration(taken.processor.median)} of the processor, "
            f"{duration(small[name].processor.median)} for a tenth; each image has nine layers, "
            "eight of them common to all, and two attached documents",
        )
        for name, taken in large.items()
    ]


def _timed(app: App, times: int) -> Mapping[str, _Taken]:
    calls: dict[str, Callable[[], object]] = {
        f"`lading {' '.join(words)}`": partial(app.lading, *words) for words in _COMMANDS
    }
    calls[_LOAD] = partial(_loaded, app)
    try:
        return {name: _taken(call, times) for name, call in calls.items()}
    finally:
        app.forget()


def _taken(call: Callable[[], object], times: int) -> _Taken:
    begun = _processor_seconds()
    clock = Sample(tuple(seconds(call) for _ in range(times)))
    return _Taken(clock, Sample(((_processor_seconds() - begun) / times,)))


def _processor_seconds() -> float:
    """Of this process and all that it has waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _loaded(app: App) -> None:
    engine = open_file(_database(app))
    Wants(Record(engine)).load()
    engine.dispose()


def _database(app: App) -> Path:
    return app.folders.app(app.folder) / "state.db"


def _filled(app: App, images: int, revisions: int) -> App:
    store = Layout(app.folders.store)
    engine = open_file(_database(app))
    record = Record(engine)
    digests = []
    for number, image in enumerate(_images(images)):
        # A tenth has a name; what had it before is in the store without one.
        store.write(image, Reference(f"{app.folder.name}/service{number % (images // 10)}"))
        for kind in (media_types.IN_TOTO, media_types.CYCLONEDX):
            content = f'{{"{kind}": {number}, "x": "{"x" * _BILL_BYTES}"}}'.encode()
            store.attach(Artifact.of(image.descriptor, kind, content))
        digests.append(str(image.digest))
    for number in range(revisions):
        digest = digests[number % images]
        spec = Spec(Digest.parse(digest)).to_json()
        told = Occasion("ann@m1", f"change {number}", "Ann", "0123456789abcdef", size=123_456_789)
        record.add_revision(
            NewRevision(f"service{number % _SERVICES}", digest, spec, told.to_json())
        )
    newest = [record.newest(f"service{number}") for number in range(_SERVICES)]
    record.want([Want(one.service, one.number, 1) for one in newest if one], {})
    engine.dispose()
    return app


def _images(count: int) -> Iterator[Image]:
    shared = [_layer(f"shared {number}".encode()) for number in range(_SHARED)]
    for number in range(count):
        settings = {"os": "linux", "architecture": "amd64", "config": {}}
        yield assemble(settings, [*shared, _layer(f"code {number}".encode())])


def _layer(content: bytes) -> Layer:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo("content")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    raw = buffer.getvalue()
    said = {KIND: "code", TITLE: content.decode(), UNPACKED: str(len(raw))}
    descriptor = Descriptor(media_types.LAYER, Digest.of(raw), len(raw), said)
    return Layer(descriptor, descriptor.digest, partial(io.BytesIO, raw))


def main() -> None:
    """Of an app that has nothing else."""
    images, revisions = map(int, sys.argv[1:3] or ("1000", "10000"))
    with tempfile.TemporaryDirectory(prefix="lading-bench.") as name:
        folder = Path(name) / "app"
        folder.mkdir()
        (folder / "lading.yaml").write_text("app: app\nservices:\n  s: {image: example.org/s}\n")
        app = App(folder, Path(name) / "home", 8080)
        for one in measure(app, Path(name), images, revisions, 3):
            print(f"{one.work}: {one.ours}; {one.theirs}; {one.sides}")


if __name__ == "__main__":
    main()
