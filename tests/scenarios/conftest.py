"""Apps in folders of their own, and the `lading` command run in them as a user would."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
LADING = Path(sys.executable).with_name("lading")
HOME = Path(os.environ.get("LADING_TEST_HOME", ROOT / ".tools" / "test-home"))
"""Kept between runs, so that packages are fetched once."""

SETTINGS = """\
app: {name}
services:
  probe:
    source: .
    handler: probe:Probe
    ignore: ["*.lock"]
    resources: {{cpu: 1, memory: 256Mi}}
gateway: {{port: {port}}}
"""


@dataclass
class App:
    """An app in `folder`, and what a user can do with it."""

    folder: Path
    port: int
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Path:
        return self.folder / "lading.yaml"

    def change(self, old: str, new: str, file: str = "lading.yaml") -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def lading(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command; its outcome is the caller's to judge."""
        return subprocess.run(
            [LADING, *arguments],
            cwd=self.folder,
            env={**os.environ, "LADING_HOME": str(HOME), **self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )

    def ok(self, *arguments: str) -> str:
        """Run a command that must succeed; what it printed."""
        done = self.lading(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def refused(self, *arguments: str, code: int = 1) -> str:
        """Run a command that must fail with an error in words; what it said."""
        done = self.lading(*arguments)
        assert done.returncode == code, f"{arguments}: {done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr + done.stdout
        return done.stderr

    def json(self, *arguments: str) -> Any:
        return json.loads(self.ok(*arguments, "--json"))

    def up(self) -> None:
        if not (self.folder / "lading.lock").exists():
            self.ok("lock")
        self.ok("up", "-d")

    def replica(self, service: str = "probe", slot: int = 0) -> dict[str, Any]:
        """What `ps` says of a replica."""
        (found,) = [s for s in self.json("ps")["services"] if s["name"] == service]
        return dict(found["replicas"][slot])

    def url(self, service: str = "probe") -> str:
        return f"http://127.0.0.1:{self.port}/{service}/predict"

    def ask(self, action: str, service: str = "probe", **arguments: object) -> Any:
        """A prediction that must succeed."""
        answer = httpx.post(
            self.url(service), json={"action": action, **arguments}, timeout=60, trust_env=False
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def files(self) -> dict[str, bytes]:
        """Every file of the app: to prove that nothing changed."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


def until(what: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until it is so; fails when it does not come to be."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "did not come to be in time"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session", autouse=True)
def can_run_containers() -> None:
    """Skips where the embedded engine cannot run; CI promises that it can."""
    missing = [name for name in ("runc", "conmon") if shutil.which(name) is None]
    if missing and os.environ.get("LADING_TEST_ENGINE") != "1":
        pytest.skip(f"{', '.join(missing)} not installed: `make setup` installs it")
    assert not missing, f"{', '.join(missing)} promised, and not installed"


@pytest.fixture(scope="module")
def make_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., App]]:
    """make_app(name): a fresh copy of the probe app; all of them are down at the end."""
    made: list[App] = []

    def make(name: str = "probed") -> App:
        folder = tmp_path_factory.mktemp(name)
        shutil.copy(Path(__file__).with_name("probe") / "probe.py", folder)
        app = App(folder, free_port())
        app.settings.write_text(SETTINGS.format(name=name, port=app.port))
        made.append(app)
        return app

    yield make
    for app in made:
        app.lading("down")


@pytest.fixture
def app(make_app: Callable[..., App]) -> App:
    """A fresh probe app, not locked and not up."""
    return make_app()
