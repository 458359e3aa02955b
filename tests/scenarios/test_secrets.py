"""A secret reaches who is meant, and nothing that stays has it."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
import zstandard

from tests.scenarios.conftest import HOME, App

VALUE = "a-value-of-nobody-else-4711"
SERVICE = """\
import os
import sys

SEEN = os.environ["API_KEY"]


def seen(turned: bool) -> str:
    with open("/run/secrets/API_KEY") as file:
        assert file.read() == SEEN
    return SEEN[::-1]
"""


@pytest.fixture
def app(app: App, tmp_path: Path) -> App:
    home = tmp_path / "home"
    (home / "cache").mkdir(parents=True)
    for shared in ("debs", "debian", "wheels"):
        (HOME / "cache" / shared).mkdir(parents=True, exist_ok=True)
        (home / "cache" / shared).symlink_to(HOME / "cache" / shared)
    (app.folder / "seen.py").write_text(SERVICE)
    app.change("handler: probe:Probe", "handler: seen:seen\n    secrets: [API_KEY]")
    return App(app.folder, app.port, {"LADING_HOME": str(home)})


def holding(*folders: Path) -> list[str]:
    """Files with the value in them, also within what is compressed."""
    paths = (
        Path(top) / x for folder in folders for top, _, names in os.walk(folder) for x in names
    )
    return [str(x) for x in paths if x.is_file() and VALUE.encode() in opened(x.read_bytes())]


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
        home = Path(app.environ["LADING_HOME"])
        assert holding(home, app.folder) == []
        assert processes() == []
    finally:
        app.ok("down")
    assert "has no value" in app.refused("up", "-d")
