"""The image that Lading builds is one for everybody: a stock Docker Engine runs it as well."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live.conftest import DockerEngine
from tests.scenarios.conftest import ROOT, App, free_port

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The example, trained and up on the embedded engine."""
    folder = tmp_path_factory.mktemp("docker") / "digits"
    shutil.copytree(ROOT / "examples" / "digits", folder, ignore=shutil.ignore_patterns("*.lock"))
    app = App(folder, free_port())
    app.change("port: 8080", f"port: {app.port}")
    app.ok("lock")
    app.ok("run", "train")
    app.up()
    yield app
    app.lading("down")


def ask(url: str, picture: Path) -> dict[str, Any]:
    answer = httpx.post(
        url, files={"image": (picture.name, picture.read_bytes())}, timeout=30, trust_env=False
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_docker_runs_the_image_and_answers_the_same(
    digits: App, docker: DockerEngine, tmp_path: Path
) -> None:
    pictures = sorted((digits.folder / "images").glob("*.png"))
    here = {picture.name: ask(digits.url("digits"), picture) for picture in pictures}
    assert len(here) == 3
    for name, answer in here.items():
        assert answer["digit"] == int(name.removesuffix(".png")[-1])
    digits.ok("export", "archive", "digits", "-o", str(tmp_path / "digits.tar"))
    name = docker.load(tmp_path / "digits.tar")
    assert name == "digits/digits:latest"
    port = free_port()
    docker.run("--publish", f"127.0.0.1:{port}:8080", "--read-only", "--tmpfs", "/tmp", name)
    _until_ready(f"http://127.0.0.1:{port}/digits/readyz")
    there = {x.name: ask(f"http://127.0.0.1:{port}/digits/predict", x) for x in pictures}
    assert there == here


def _until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("not ready within a minute")
