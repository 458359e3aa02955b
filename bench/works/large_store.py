"""A store of many images, and services of many revisions: what looking at them costs."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.app import App
from bench.figure import Figure, duration, spread
from bench.sample import Sample, seconds
from lading.oci import Artifact, Descriptor, Digest, Image, Layer, Reference, assemble, media_types
from lading.oci.annotations import KIND, TITLE, UNPACKED
from lading.releases.revision import Spec
from lading.state.database import open_file
from lading.state.record import NewRevision, Record
from lading.stores.layout import Layout

GOAL_SECONDS = 1.0
_COMMANDS = {
    "images": ("images", "--all"),
    "history": ("history",),
    "prune": ("prune", "--dry-run"),
}
_SHARED = 8
"""Layers that all images have."""
_BILL_BYTES = 20_000


def measure(app: App, folder: Path, images: int, revisions: int, times: int) -> list[Figure]:
    """Each command at a tenth of the size, and at all of it, to see that the cost is linear."""
    small = _timed(_filled(app.at(folder / "small"), images // 10, revisions // 10), times)
    large = _timed(_filled(app.at(folder / "large"), images, revisions), times)
    return [
        Figure(
            f"`lading {' '.join(words)}`, {images:,} images, {revisions:,} revisions",
            spread(large[name]),
            f"a tenth of it: {spread(small[name])}",
            duration(large[name].median),
            f"≤ {duration(GOAL_SECONDS)}",
            large[name].median <= GOAL_SECONDS,
            "the whole command; each image has nine layers, eight of them common to all, and two "
            "attached documents",
        )
        for name, words in _COMMANDS.items()
    ]


def _timed(app: App, times: int) -> dict[str, Sample]:
    try:
        calls = {name: partial(app.lading, *words) for name, words in _COMMANDS.items()}
        return {
            name: Sample(tuple(seconds(call) for _ in range(times))) for name, call in calls.items()
        }
    finally:
        app.forget()


def _filled(app: App, images: int, revisions: int) -> App:
    store = Layout(app.folders.store)
    record = Record(open_file(app.folders.app(app.folder) / "state.db"))
    digests = []
    for number, image in enumerate(_images(images)):
        # A tenth has a name; what had it before is in the store without one.
        store.write(image, Reference(f"{app.folder.name}/service{number % (images // 10)}"))
        for kind in (media_types.IN_TOTO, media_types.CYCLONEDX):
            content = f'{{"{kind}": {number}, "x": "{"x" * _BILL_BYTES}"}}'.encode()
            store.attach(Artifact.of(image.descriptor, kind, content))
        digests.append(str(image.digest))
    for number in range(revisions):
        service = f"service{number % 10}"
        digest = digests[number % images]
        spec = Spec(Digest.parse(digest)).to_json()
        record.add_revision(NewRevision(service, digest, spec))
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
