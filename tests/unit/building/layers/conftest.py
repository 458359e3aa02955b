"""An interpreter and a store for tests of layers."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from lading.building.layers.interpreter import Interpreter, Running
from lading.building.layers.materials import Materials
from lading.building.lockfile import Deb, LockedEnvironment
from lading.building.progress import Silent
from lading.stores.layout import Layout

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
LOCKED = LockedEnvironment(
    python=PYTHON,
    suite="bookworm",
    platform="linux/arm64" if platform.machine() == "aarch64" else "linux/amd64",
    inputs="inputs",
    base=(Deb("libc6", "2.36-9", "amd64", "http://archive", "pool/libc6.deb", "0" * 64, 1),),
    packages=(),
    runtime=(),
    wheels=(),
)


class OwnPython(Interpreter):
    """Compiles with the Python that runs the tests, where there is no image's."""

    def start(self, program: Path, errors: IO[bytes]) -> Running:
        return Running(
            subprocess.Popen(
                [sys.executable, "-B", "-S", "-s", "-W", "ignore", program],
                env={"PYTHONHASHSEED": "0"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        )


@pytest.fixture
def store(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "store")


@pytest.fixture
def own_python(tmp_path: Path) -> OwnPython:
    return OwnPython(LOCKED, tmp_path / "cache", list)


@pytest.fixture
def materials(tmp_path: Path, store: Layout, own_python: OwnPython) -> Materials:
    made = Materials(LOCKED, store, tmp_path / "cache", Silent())
    made.__dict__["interpreter"] = own_python  # takes the cached property's place
    return made
