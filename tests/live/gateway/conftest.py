"""An Envoy of its own for each test, and replicas that are processes."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lading.gateway.envoy import Envoy
from lading.gateway.route import Listener
from tests.live.gateway.replicas import Replica


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, for UNIX sockets."""
    made = Path(tempfile.mkdtemp(prefix="lg"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def listener() -> Listener:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Listener(port=probe.getsockname()[1], max_body_bytes=8 * 1024**2)


@pytest.fixture
def envoy(folder: Path) -> Iterator[Envoy]:
    made = Envoy(folder / "gateway")
    yield made
    made.stop(grace_seconds=0)


@pytest.fixture
def replica(folder: Path) -> Iterator[Callable[..., Replica]]:
    """replica(service, unready_seconds): started and, unless it is unready, listening."""
    made: list[Replica] = []

    def make(service: str = "digits", unready_seconds: float = 0.0) -> Replica:
        path = folder / f"{service}-{len(made)}.sock"
        made.append(Replica(service, path, unready_seconds).start())
        return made[-1].listening()

    yield make
    for process in (process for one in made for process in one.processes):
        if process.poll() is None:
            process.kill()
        process.wait(10)


@pytest.fixture
def url(listener: Listener) -> str:
    return f"http://127.0.0.1:{listener.port}"
