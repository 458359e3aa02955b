"""The app that is measured: a copy of the example, with a Lading of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.programs import LADING, ROOT, MeasurementError, call
from lading.engines.engine import Engine
from lading.engines.select import Chosen, opened
from lading.oci import Digest
from lading.state.folders import Folders

SERVICE = "digits"
PICTURE = "images/digit-3.png"
_NOT_KEPT = ("LADING_", "PYTHON")


@dataclass(frozen=True)
class App:
    """The example in `folder`; everything Lading and uv keep is below `home`."""

    folder: Path
    home: Path
    port: int
    docker_host: str = ""
    """Where a Docker Engine answers, for what is to run there."""

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: x for name, x in os.environ.items() if not name.startswith(_NOT_KEPT)}
        return kept | {
            **({"DOCKER_HOST": self.docker_host} if self.docker_host else {}),
            "LADING_HOME": str(self.home),
            "UV_CACHE_DIR": str(self.home / "uv"),
            # As a package that was installed has it, wherever this one's sources lie.
            "PYTHONPYCACHEPREFIX": str(self.folder.parent / "bytecode"),
        }

    @property
    def folders(self) -> Folders:
        return Folders.of_user(self.environment)

    @property
    def engine(self) -> Engine:
        return opened(Chosen(), self.folders)

    @property
    def lock(self) -> Path:
        return self.folder / "lading.lock"

    @property
    def code(self) -> Path:
        """The folder that goes into the image."""
        return self.folder / "service"

    @property
    def picture(self) -> bytes:
        return (self.folder / PICTURE).read_bytes()

    def at(self, home: Path) -> App:
        """The same source with another, perhaps empty, home."""
        return replace(self, home=home)

    def lading(self, *arguments: str) -> str:
        """What the command prints. Raises MeasurementError."""
        return call(LADING, *arguments, cwd=self.folder, env=self.environment)

    def built(self) -> Any:
        """The image's description, as `lading build --json` prints it."""
        (image,) = json.loads(self.lading("build", "--json"))
        return image

    def digest(self) -> Digest:
        return Digest.parse(self.built()["digest"])

    def change(self, number: int) -> None:
        """Change a line of code; every number is another change."""
        path = self.code / "digits.py"
        path.write_text(f"{path.read_text().partition('# change')[0]}# change {number}\n")

    def forget(self) -> None:
        """Delete everything kept below `home`, sockets included."""
        engine = self.engine
        for name in engine.names():
            engine.remove(name)
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.folders.run, ignore_errors=True)


@contextmanager
def kept(app: App, *commands: tuple[str, ...]) -> Iterator[App]:
    """The app after some commands of `lading`; nothing of it runs or is left afterwards."""
    try:
        for command in commands:
            app.lading(*command)
        yield app
    finally:
        with suppress(MeasurementError):
            app.lading("down")
        app.forget()


@contextmanager
def example(folder: Path) -> Iterator[App]:
    """A trained copy of the example app below `folder`."""
    source = folder / SERVICE
    shutil.copytree(ROOT / "examples" / SERVICE, source)
    app = App(source, folder / "home", free_port())
    settings = source / "lading.yaml"
    settings.write_text(settings.read_text().replace("port: 8080", f"port: {app.port}"))
    with kept(app, ("lock",), ("run", "train"), ("build",)):
        yield app


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
