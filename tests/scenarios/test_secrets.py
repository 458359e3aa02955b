"""A secret reaches who is meant, and nothing that stays has it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import zstandard

from lading.controller.place import Place
from lading.state.folders import Folders
from tests.scenarios.conftest import HOME, App

VALUE = "a-value-of-nobody-else-4711"
SERVICE = """\
import os
import sys

SEEN = os.environ["API_KEY"]


def seen(turned: bool) -> str:
    if not turned:
        os._exit(1)
    with open("/run/secrets/API_KEY") as file:
        assert file.read() == SEEN
    return SEEN[::-1]
"""


@pytest.fixture
def app(app: App) -> App:
    (app.folder / "seen.py").write_text(SERVICE)
    app.change("handler: probe:Probe", "handler: seen:seen\n    secrets: [API_KEY]")
    return app


def holding(folder: Path, since: float) -> list[str]:
    """Files written since then with the value in them, also within what is compressed."""
    found = []
    for top, folders, names in os.walk(folder):
        if top.endswith("/engine") and "layers" in folders:
            folders.remove("layers")  # of the store's blobs, which are searched
        for path in (Path(top) / name for name in names):
            with suppress(FileNotFoundError):
                is_file = path.is_file() and not path.is_symlink()
                if is_file and path.stat().st_mtime >= since - 2:
                    found += [str(path)] if VALUE.encode() in opened(path.read_bytes()) else []
    return found


def opened(content: bytes) -> bytes:
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        return zstandard.ZstdDecompressor().stream_reader(content).read()
    return content


def processes() -> list[str]:
    """Of this machine, those that have the value among their arguments or variables."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            said = (path / "cmdline").read_bytes() + (path / "environ").read_bytes()
        except OSError:
            continue
        if VALUE.encode() in said:
            found.append(said.decode(errors="replace"))
    return found


def test_a_secret_reaches_the_handler_and_nothing_that_stays(app: App) -> None:
    begun = time.time()
    app.ok("lock")
    said = app.refused("up", "-d")
    assert said.splitlines()[-1] == (
        "lading: services.probe.secrets: API_KEY: has no value: expected the variable API_KEY, or "
        "API_KEY_FILE with the path of a file, got neither; set one of them where you call this"
    )
    try:
        up = app.lading("up", "-d", API_KEY=VALUE)
        assert up.returncode == 0, up.stderr
        answer = httpx.post(app.url(), json={"turned": True}, trust_env=False)
        assert answer.json() == VALUE[::-1]
        told = [up.stdout, up.stderr]
        for command in (["bill", "probe"], ["bill", "probe", "--json"], ["logs", "probe"], ["ps"]):
            told.append(app.ok(*command))
        told += [app.ok("history", "probe"), app.ok("up", "-d")]
        assert not any(VALUE in text for text in told)
        # The program that forks workers in the place of those that died has them too.
        httpx.post(app.url(), json={"turned": False}, trust_env=False)
        answer = httpx.post(app.url(), json={"turned": True}, trust_env=False, timeout=30)
        assert answer.json() == VALUE[::-1]
        assert app.lading("up", "-d", API_KEY=VALUE).stderr == ""
        assert app.lading("up", "-d", API_KEY="another").stderr == (
            "lading: probe goes on with the API_KEY that it started with; `lading down` and "
            "`lading up` gives it the new one\n"
        )
        assert holding(HOME, begun) == holding(app.folder, begun) == []
        assert processes() == []
    finally:
        app.ok("down")
    assert "has no value" in app.refused("up", "-d")
    app.change("handler: seen:seen", "handler: seen:seen\n    packages: [curl]")
    failed = app.lading("up", "-d", API_KEY=VALUE)
    assert "lading.lock is out of date" in failed.stderr
    # An `up` that came to nothing, or a `down` that was killed, leaves no value for a later one.
    given = Place(app.folder, Folders.of_user({"LADING_HOME": str(HOME)})).secrets
    assert not given.exists()
    (given / "probe").mkdir(parents=True)
    (given / "probe/API_KEY").write_text(VALUE)
    assert "has no value" in app.refused("rollback", "probe", "1")
    assert not given.exists()
    try:
        back = app.lading("rollback", "probe", "1", API_KEY=VALUE)
        assert back.returncode == 0, back.stderr
        answer = httpx.post(app.url(), json={"turned": True}, trust_env=False)
        assert answer.json() == VALUE[::-1]
        assert processes() == []
    finally:
        app.ok("down")


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text(f"x{VALUE}")
    (tmp_path / "packed").write_bytes(zstandard.ZstdCompressor().compress(VALUE.encode()))
    assert len(holding(tmp_path, time.time())) == 2
