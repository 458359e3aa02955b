"""A registry on loopback: Debian's docker-registry, with storage of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.app import free_port
from bench.programs import MeasurementError

_SETTINGS = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {data}}}, delete: {{enabled: true}}}}
http: {{addr: "{address}"}}
"""
_LONGEST_SECONDS = 20.0


@dataclass(frozen=True)
class Registry:
    """One that answers at `address`, without TLS, as everybody may ask one on loopback."""

    address: str
    data: Path

    def stored_bytes(self) -> int:
        """Of all blobs: what was sent to it grows it by so much."""
        blobs = self.data.rglob("blobs/sha256/*/*/data")
        return sum(path.stat().st_size for path in blobs)


@contextmanager
def started(folder: Path) -> Iterator[Registry]:
    """A registry, empty, for as long as the block runs. Raises MeasurementError."""
    registry = Registry(f"127.0.0.1:{free_port()}", folder / "registry")
    settings = folder / "registry.yaml"
    settings.write_text(_SETTINGS.format(data=registry.data, address=registry.address))
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", settings], stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        _until_there(registry, process)
        yield registry
    finally:
        process.terminate()
        process.wait()


def _until_there(registry: Registry, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"http://{registry.address}/v2/", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise MeasurementError("docker-registry does not answer")
