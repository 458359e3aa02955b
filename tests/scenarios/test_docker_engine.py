"""The same app on Docker and on Podman: up, asked, killed, changed its mind, down."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator

import httpx
import pytest

from lading.engines.docker.api import Api
from lading.engines.docker.container import HOME, home_of
from tests import daemons
from tests.scenarios.conftest import HOME as LADING_HOME
from tests.scenarios.conftest import App, until

pytestmark = pytest.mark.live

PORTED = """\
  legacy:
    source: legacy
    command: [python3.11, server.py]
    port: 3000
    health: /
"""
SERVER = """\
import os, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        if self.path != "/":
            url = os.environ["LADING_GATEWAY"] + "/probe/readyz"
            with urllib.request.urlopen(url, timeout=10) as other:
                self.wfile.write(b"probe said %d" % other.status)

HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""
STEP = """\
steps:
  write:
    source: .
    command: [python3.11, -c, "open('/app/out.txt', 'w').write('written')"]
    outputs: [out.txt]
"""


@pytest.fixture(params=daemons.ALL)
def app(request: pytest.FixtureRequest, make_app: Callable[..., App]) -> Iterator[App]:
    """The probe and a server on a port, to be run by a daemon."""
    daemon = daemons.need(request.param)
    app = make_app(f"on-{request.param}")
    app.environ = {"DOCKER_HOST": daemon.host}
    (app.folder / "legacy").mkdir()
    (app.folder / "legacy" / "server.py").write_text(SERVER)
    app.change("services:", "engine: docker\nservices:")
    app.change("gateway:", f"{PORTED}{STEP}gateway:")
    yield app
    app.lading("down")


def containers(app: App) -> set[str]:
    """IDs of what the daemon has of this home, running or not."""
    home = home_of(LADING_HOME.resolve() / "data")
    return {one.id for one in Api(app.environ["DOCKER_HOST"]).listed({HOME: home})}


def test_an_app_lives_on_a_daemon_as_on_the_embedded_engine(app: App) -> None:
    before_all = containers(app)
    app.up()
    assert json.loads(app.ok("predict", "probe", "-i", "text=hello")) == "1:hello"
    assert b"probe said 200" in _get(app, "/legacy/ask")
    for way in ("-d", "--dry-run"):
        assert re.fullmatch(
            r"lading: the app is up on docker \(unix://.+\), and embedded is asked for; "
            r"`lading down` first, or stay with `--engine docker`\n",
            app.refused("up", way, "--engine", "embedded"),
        )
    assert re.search(r"\nengine docker \(unix://.+\)\n$", app.ok("ps"))
    assert re.match(r"engine: docker \(unix://.+\)\n", app.ok("up", "--dry-run"))
    before = app.replica()
    os.kill(before["pid"], 9)
    until(lambda: (now := app.replica())["state"] == "ready" and now["pid"] != before["pid"])
    assert json.loads(app.ok("predict", "probe", "-i", "text=again")) == "1:again"
    assert app.replica()["last_end"] == "killed by signal 9"
    assert {line["service"] for line in app.json("logs")} == {"probe", "legacy"}
    app.ok("run", "write")
    assert (app.folder / "out.txt").read_text() == "written"
    assert len(containers(app) - before_all) == 3
    app.ok("down")
    assert containers(app) <= before_all


def _get(app: App, path: str) -> bytes:
    answer = httpx.get(f"http://127.0.0.1:{app.port}{path}", timeout=20, trust_env=False)
    return answer.content
