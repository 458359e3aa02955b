"""The entrypoint of an image, laid out as in an image."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.contracts.runtime.serving import SOURCES, Server, wait_until_ready


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """`opt/lading` with the launcher and the runtime, `app` with the user's code."""
    runtime = tmp_path / "opt/lading/runtime"
    runtime.mkdir(parents=True)
    shutil.copy(SOURCES / "lading_runtime/launch.py", tmp_path / "opt/lading/launch.py")
    shutil.copytree(SOURCES / "lading_runtime", runtime / "lading_runtime")
    (runtime / "contested.py").write_text("owner = 'runtime'")
    (tmp_path / "app").mkdir()
    (tmp_path / "app/paths.py").write_text(
        "import sys, contested\n"
        "def predict(number: int) -> dict:\n"
        "    return {'path': sys.path, 'owner': contested.owner}\n"
    )
    return tmp_path


def answer(image: Path) -> dict[str, object]:
    socket_path = str(image / "http.sock")
    environment = {
        "PATH": os.environ["PATH"],
        "LADING_SERVICE": "handlers",
        "LADING_HANDLER": "paths:predict",
        "LADING_SOURCE": str(image / "app"),
        "LADING_SOCKET": socket_path,
    }
    with (image / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(image / "opt/lading/launch.py")], env=environment, stderr=log
        )
    server = Server(process, socket_path, 0, image / "log")
    try:
        wait_until_ready(server)
        with server.client() as client:
            found = client.post("/predict", json={"number": 1}).json()
        assert server.stop() == 0
    finally:
        process.kill()
        process.wait()
    assert isinstance(found, dict)
    return found


def test_the_users_code_comes_first_and_the_runtime_last(image: Path) -> None:
    found = answer(image)
    path = json.loads(json.dumps(found["path"]))
    assert path[0] == str(image / "app")
    assert path[-1] == str(image / "opt/lading/runtime")
    assert str(image / "opt/lading") not in path
    assert found["owner"] == "runtime"


def test_the_users_own_package_wins_over_the_runtimes(image: Path) -> None:
    (image / "app/contested.py").write_text("owner = 'user'")
    assert answer(image)["owner"] == "user"


def test_start_answer_and_stop_take_moments(image: Path) -> None:
    started = time.monotonic()
    answer(image)
    assert time.monotonic() - started < 3  # start, answer and drain, on a busy machine
