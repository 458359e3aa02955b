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


def answer(image: Path, handler: str = "paths:predict") -> dict[str, object]:
    socket_path = str(image / "http.sock")
    environment = {
        "PATH": os.environ["PATH"],
        "LADING_SERVICE": "handlers",
        "LADING_HANDLER": handler,
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


@pytest.mark.parametrize("name", ["types", "queue", "select", "random", "http", "log", "worker"])
def test_the_users_module_may_be_called_as_one_that_the_server_needs(
    image: Path, name: str
) -> None:
    (image / f"app/{name}.py").write_text("mine = True\n")
    assert answer(image)["owner"] == "runtime"


@pytest.mark.parametrize("name", ["queue", "token", "worker"])
def test_the_handlers_module_may_be_called_so_too(image: Path, name: str) -> None:
    (image / "app/paths.py").rename(image / f"app/{name}.py")
    assert answer(image, f"{name}:predict")["owner"] == "runtime"


def test_start_answer_and_stop_take_moments(image: Path) -> None:
    started = time.monotonic()
    answer(image)
    assert time.monotonic() - started < 3  # start, answer and drain, on a busy machine
