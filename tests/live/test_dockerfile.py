"""A stock `docker build` of the exported Dockerfile makes an image that gives the same answers."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live import debian_slim
from tests.live.conftest import DockerEngine
from tests.scenarios.conftest import ROOT, App, free_port

pytestmark = pytest.mark.live


def test_docker_builds_an_image_that_answers_as_ours_does(
    docker: DockerEngine, tmp_path: Path
) -> None:
    app = App(tmp_path / "digits", free_port())
    skipped = shutil.ignore_patterns("*.lock")
    shutil.copytree(ROOT / "examples" / "digits", app.folder, ignore=skipped)
    app.change("port: 8080", f"port: {app.port}")
    app.ok("lock")
    app.ok("run", "train")
    app.ok("export", "dockerfile", "digits", "-o", str(tmp_path / "out"))
    app.up()
    try:
        pictures = sorted((app.folder / "images").glob("*.png"))
        here = [ask(app.url("digits"), picture) for picture in pictures]
    finally:
        app.lading("down")
    debian_slim.imported(docker, tmp_path)
    name = "lading-test/dockerfile:latest"
    index = [
        part
        for variable in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
        if os.environ.get(variable, "").startswith("http")
        for part in ("--build-arg", f"{variable}={os.environ[variable]}")
    ]
    context = tmp_path / "out" / "digits"
    docker("build", "--network", "host", *index, "--tag", name, context, timeout_seconds=280)
    docker.loaded.append(name)
    port = free_port()
    docker.run("--publish", f"127.0.0.1:{port}:8080", "--read-only", "--tmpfs", "/tmp", name)
    ready(f"http://127.0.0.1:{port}/digits/readyz")
    there = [ask(f"http://127.0.0.1:{port}/digits/predict", picture) for picture in pictures]
    assert there == here
    assert len(here) == 3


def ask(url: str, picture: Path) -> dict[str, Any]:
    files = {"image": (picture.name, picture.read_bytes())}
    answer = httpx.post(url, files=files, timeout=30, trust_env=False)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("not ready within a minute")
