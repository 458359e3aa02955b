"""Engines and services outside Python that live tests run against."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ADDRESSES = ("unix:///var/run/docker.sock", "unix:///run/lading-ci/docker.sock")
PROMISED = os.environ.get("LADING_TEST_DOCKER") == "1"


@dataclass(frozen=True)
class DockerEngine:
    """A running Docker Engine, told by its own command line client."""

    host: str
    loaded: list[str] = field(default_factory=list)
    """Images to be removed when the test ends."""
    started: list[str] = field(default_factory=list)
    """Containers likewise."""

    def __call__(self, *arguments: str | Path, timeout_seconds: float = 120) -> str:
        """What the client printed. Fails the test, with what it said, when it fails."""
        command = ["docker", "--host", self.host, *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_seconds, check=False
        )
        if done.returncode:
            pytest.fail(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    def load(self, archive: Path) -> str:
        """The name of the image that an archive holds, once the engine has it."""
        said = self("load", "--input", archive).splitlines()
        # Before that it may say which earlier image lost the name.
        name = said[-1].removeprefix("Loaded image: ")
        self.loaded.append(name)
        return name

    def inspect(self, name: str) -> dict[str, Any]:
        """An image or container as the engine describes it."""
        [document] = json.loads(self("inspect", name))
        return dict(document)

    def create(self, *arguments: str) -> str:
        """The ID of a container that is not started yet."""
        container = self("create", *arguments).strip()
        self.started.append(container)
        return container

    def run(self, *arguments: str) -> str:
        """The ID of a container that runs in the background."""
        container = self("run", "--detach", *arguments).strip()
        self.started.append(container)
        return container

    def clean(self) -> None:
        for container in self.started:
            self("rm", "--force", "--volumes", container)
        for image in self.loaded:
            self("rmi", "--force", image)


@pytest.fixture
def docker() -> Iterator[DockerEngine]:
    """A Docker Engine: skips where none is, fails where LADING_TEST_DOCKER=1 promises one."""
    engine = DockerEngine(_address())
    yield engine
    engine.clean()


@dataclass(frozen=True)
class Compose:
    """`docker compose` of one file."""

    file: Path
    environ: dict[str, str]

    def run(
        self, *arguments: str, timeout_seconds: float = 180
    ) -> subprocess.CompletedProcess[str]:
        """A command; its outcome is the caller's to judge."""
        command = ["docker", "compose", "--file", str(self.file), "--ansi", "never", *arguments]
        return subprocess.run(
            command,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )

    def __call__(self, *arguments: str) -> str:
        """What it printed. Fails the test, with what it said, when it fails."""
        done = self.run(*arguments)
        if done.returncode:
            pytest.fail(f"compose {' '.join(arguments)}: {done.stderr}{self.run('logs').stdout}")
        return done.stdout


@pytest.fixture(scope="module")
def make_compose() -> Callable[[Path], Compose]:
    """make_compose(file): skips and fails as `docker` does, where there is no Compose too."""
    host = _address()
    plugin = {"DOCKER_CONFIG": str(ROOT / ".tools" / "compose")}
    for more in ({}, plugin):
        environ = {**os.environ, "DOCKER_HOST": host, **more}
        asked = ["docker", "compose", "version"]
        if not subprocess.run(asked, env=environ, capture_output=True, check=False).returncode:
            return lambda file: Compose(file, environ)
    reason = "no Docker Compose 2 is here; `.ci/compose` fetches it"
    if PROMISED:
        pytest.fail(f"LADING_TEST_DOCKER=1 promises Docker, but {reason}")
    pytest.skip(reason)


def _address() -> str:
    tried = [host for host in (os.environ.get("DOCKER_HOST", ""), *ADDRESSES) if host]
    if shutil.which("docker"):
        for host in tried:
            if _answers(host):
                return host
    reason = f"no Docker Engine answers at {', '.join(tried)}; `.ci/docker start` starts one"
    if PROMISED:
        pytest.fail(f"LADING_TEST_DOCKER=1 promises Docker, but {reason}")
    pytest.skip(reason)


def _answers(host: str) -> bool:
    version = ["docker", "--host", host, "version", "--format", "{{.Server.Version}}"]
    try:
        return subprocess.run(version, capture_output=True, timeout=20, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
