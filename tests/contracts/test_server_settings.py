"""The server of an image understands what the image and the revision tell it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from lading.building import flavours
from lading.oci import Digest
from lading.releases.revision import ReplicaId, Spec, workload
from lading.settings import read
from lading_runtime import configuration
from lading_runtime.flavours import loading


def test_the_server_takes_the_most_and_the_least_of_every_setting() -> None:
    for text in ("{max_size: 1, max_wait: 0ms}", "{max_size: 10000, max_wait: 60s}"):
        for workers in (1, 256):
            told = configuration.read(_environment(f"batching: {text}\n    workers: {workers}"))
            size, wait = (1, 0.0) if "0ms" in text else (10000, 60.0)
            assert (told.workers, told.batch_size, told.batch_wait_seconds) == (workers, size, wait)


def test_both_have_the_same_defaults() -> None:
    told = configuration.read(_environment("workers: 1"))
    alone = configuration.read({"LADING_HANDLER": "a:b", "LADING_SERVICE": "s"})
    assert (told.workers, told.batch_size, told.batch_wait_seconds) == (
        *(alone.workers, alone.batch_size, alone.batch_wait_seconds),
    )


def test_both_know_the_same_flavours() -> None:
    assert set(flavours.FLAVOURS) == set(loading.MODULES)


def _environment(keys: str) -> Mapping[str, str]:
    """What the server of a service with these keys finds in its environment."""
    with tempfile.TemporaryDirectory() as folder:
        text = f"app: a\nservices:\n  s:\n    handler: a:b\n    {keys}\n"
        (Path(folder) / "lading.yaml").write_text(text)
        (Path(folder) / "a.py").touch()
        service = read(Path(folder)).services[0]
    spec = Spec(Digest.of(b""), workers=service.workers, batching=service.batching)
    return {"LADING_HANDLER": "a:b", **workload("a", ReplicaId("s", 1, 0), spec, None).env}
