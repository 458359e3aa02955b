"""`lading up` without -d: logs as they come, and Ctrl-C stops the app."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.scenarios.conftest import HOME, LADING, App, until


def _answers(app: App) -> bool:
    try:
        return httpx.get(app.url(), timeout=2, trust_env=False).status_code == 405
    except httpx.TransportError:
        return False


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    """Where what the command prints can be read."""
    return tmp_path / "shown"


@pytest.fixture
def running(app: App, shown: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`lading up`, once it is ready."""
    app.ok("lock")
    with shown.open("wb") as output:
        running = subprocess.Popen(
            [LADING, "up"],
            cwd=app.folder,
            env={**os.environ, "LADING_HOME": str(HOME)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    until(lambda: "Ctrl-C stops it" in shown.read_text(), 60)
    yield running
    running.kill()
    running.wait()


def test_it_shows_logs_and_ctrl_c_stops_the_app(
    app: App, running: subprocess.Popen[bytes], shown: Path
) -> None:
    app.ask("allocate", size=4096)
    until(lambda: "probe 1.0 | allocating 4096 bytes" in shown.read_text())
    running.send_signal(signal.SIGINT)
    assert running.wait(30) == 0
    assert shown.read_text().endswith("stopping\nprobed is down\n")
    assert "the app is not up" in app.refused("ps")
    assert not _answers(app)


def test_it_ends_when_the_app_is_stopped_elsewhere(
    app: App, running: subprocess.Popen[bytes], shown: Path
) -> None:
    app.ok("down")
    assert running.wait(30) == 0
    assert shown.read_text().endswith("stopped by somebody else\n")


def test_it_says_so_when_the_controller_is_gone_and_the_app_is_not(
    app: App, running: subprocess.Popen[bytes], shown: Path
) -> None:
    pid = app.replica()["pid"]
    os.kill(app.json("ps")["pid"], signal.SIGKILL)
    assert running.wait(30) == 1
    assert "the controller is gone, and what it looked after runs on" in shown.read_text()
    assert Path(f"/proc/{pid}").exists()
    assert "the controller is gone" in app.refused("ps")
    assert app.ok("down") == "probed is down\n"
    assert not Path(f"/proc/{pid}").exists()


def test_ctrl_c_before_it_is_ready_leaves_nothing(app: App, tmp_path: Path) -> None:
    app.ok("lock")
    text = (app.folder / "probe.py").read_text()
    (app.folder / "probe.py").write_text(text + "\ntime.sleep(3600)\n")
    running = subprocess.Popen(
        [LADING, "up", "-d"],
        cwd=app.folder,
        env={**os.environ, "LADING_HOME": str(HOME)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: app.lading("ps").returncode == 0, 60)
    until(lambda: app.replica()["state"] == "starting")
    pid = app.replica()["pid"]
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "lading: interrupted" in said
    assert "Traceback" not in said
    assert not Path(f"/proc/{pid}").exists()
    assert "the app is not up" in app.refused("ps")
