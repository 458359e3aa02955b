"""A registry that is ended in the middle of a push, and of a pull, and started again."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lading.oci import Image, Location
from lading.progress import Silent
from lading.stores.layout import Layout
from lading.stores.registry import Host, Registries
from lading.stores.registry.patience import Patience
from tests import registries
from tests.conftest import Images

SIZE = 40_000_000
PATIENT = Patience(attempts=12, first_seconds=0.05, longest_seconds=0.5)


class Started:
    """One registry at one address, with what it has on its disk."""

    def __init__(self, folder: Path) -> None:
        with registries.running(folder) as host:
            self.host, self._folder = host, folder
        self.start()

    def start(self) -> None:
        command = [registries.need(), "serve", str(self._folder / "config.yml")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)


class InTheMiddle(Silent):
    """Does something once, when half of the bytes have passed."""

    def __init__(self, do: Callable[[], None]) -> None:
        self._do, self._left, self._done = do, SIZE // 2, False

    def advance(self, task: str, amount: int) -> None:
        self._left -= amount
        if self._left <= 0 and not self._done:
            self._done = True
            self._do()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    one = Started(tmp_path / "registry")
    yield one
    one.kill()


def test_a_restart_in_the_middle_is_not_noticed(
    started: Started, images: Images, tmp_path: Path
) -> None:
    store, other = Layout(tmp_path / "mine"), Layout(tmp_path / "other")
    noise = random.Random(5).randbytes(SIZE)
    image: Image = images.image(images.layer({"x": noise}), images.layer({"y": b"1"}))
    store.write(image)
    place, restarts = Location(started.host, "team/app/web", "1"), []

    def restart() -> None:
        restarts.append(1)
        started.kill()
        started.start()

    for work in (
        lambda there: there.push(image.digest, store, place),
        lambda there: there.pull(place, other, "linux/amd64"),
    ):
        hosts = {started.host: Host(insecure=True)}
        with Registries(hosts, {}, InTheMiddle(restart), PATIENT) as there:
            work(there)
    assert len(restarts) == 2
    assert other.read(image.digest) == image
    for layer in image.layers:
        other.blobs.verify(layer.descriptor.digest)
