"""One service crashes, is updated, cannot start: who does not need it notices nothing.

`front` calls `b` or `c`, as it is asked; `c` is a command. So one and the same replica of `front`
answers those that need `b` and those that do not.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx
import pytest

from tests.load import Answer, Load
from tests.scenarios.conftest import App, until

SETTINGS = """\
app: local
services:
  front: {{source: front, handler: front:ask}}
  b: {{source: b, handler: b:B}}
  c: {{source: c, command: [python3, server.py], health: /healthz}}
gateway: {{port: {port}}}
"""
FRONT = """
from lading_runtime import service

async def ask(of: str) -> str:
    return await service(of).predict_async(**({"text": "x"} if of == "b" else {}))
"""
B = """
from lading_runtime import service
from lading_runtime.client import ServiceError

VERSION = 1

class B:
    def __init__(self) -> None:
        try:
            told = service("c").predict()
        except ServiceError:
            told = "start"
        if told != "start":
            raise RuntimeError("told not to start")

    def predict(self, text: str) -> str:
        return f"{VERSION}:{text}"
"""
C = """
import http.server, json, os

class Server(http.server.BaseHTTPRequestHandler):
    told = "start"
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer("well")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/tell":
            Server.told = json.loads(body)
        self.answer(Server.told)

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

address = ("127.0.0.1", int(os.environ["PORT"]))
http.server.ThreadingHTTPServer(address, Server).serve_forever()
"""
RATE = 20.0


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    """One app for all of these: each leaves it as it found it."""
    made = make_app("local")
    (made.folder / "probe.py").unlink()
    for service, name, text in (
        ("front", "front.py", FRONT),
        ("b", "b.py", B),
        ("c", "server.py", C),
    ):
        (made.folder / service).mkdir()
        (made.folder / service / name).write_text(text)
    made.settings.write_text(SETTINGS.format(port=made.port))
    made.up()
    return made


@dataclass(frozen=True)
class Loads:
    """Requests that need `b`, through `front`, and those that do not."""

    needing: Load
    others: tuple[Load, Load]

    @property
    def failures(self) -> list[Answer]:
        """Of those that do not need `b`."""
        return [answer for load in self.others for answer in load.failures]


@contextmanager
def loads(app: App) -> Iterator[Loads]:
    def load(service: str, body: object) -> Load:
        return Load(app.url(service), body=json.dumps(body).encode(), requests_a_second=RATE)

    made = Loads(load("front", {"of": "b"}), (load("front", {"of": "c"}), load("c", {})))
    with ExitStack() as stack:
        for one in (made.needing, *made.others):
            stack.enter_context(one)
        yield made


def named(answers: list[Answer]) -> set[tuple[int, str]]:
    """Status and failed service of each."""
    return {(answer.status, json.loads(answer.body)["service"]) for answer in answers}


def answered_by_b(app: App) -> str:
    answer = httpx.post(app.url("front"), json={"of": "b"}, timeout=60, trust_env=False)
    return str(answer.json()) if answer.status_code == 200 else ""


def tell(app: App, what: str) -> None:
    url = f"http://127.0.0.1:{app.port}/c/tell"
    assert httpx.post(url, json=what, trust_env=False).json() == what


def test_a_command_is_asked_at_paths_of_its_own(app: App) -> None:
    url = f"http://127.0.0.1:{app.port}/c/"
    assert f"c: revision 1, 1 ready, {url}\n" in app.ok("up", "-d")
    assert app.refused("predict", "c", code=2) == (
        "lading: c: has a command, whose arguments nobody knows;"
        f" ask it as it wants to be asked, such as: curl {url}\n"
    )
    assert httpx.get(url, trust_env=False).json() == "well"


def test_a_crash_is_noticed_by_those_alone_who_were_in_it(app: App) -> None:
    before = app.replica("b")
    with loads(app) as requests:
        time.sleep(1)
        os.kill(before["pid"], signal.SIGKILL)
        until(lambda: app.replica("b")["pid"] not in (None, before["pid"]))
        until(lambda: app.replica("b")["state"] == "ready")
        time.sleep(0.5)
    assert requests.failures == []
    assert named(requests.needing.failures) <= {(503, "b")}
    assert len(requests.needing.failures) < RATE
    assert requests.needing.answers[-1].status == 200


def test_an_update_is_noticed_by_nobody(app: App) -> None:
    app.change("VERSION = 1", "VERSION = 2", "b/b.py")
    app.change(
        "import http.server", "# knows nothing of SIGTERM\nimport http.server", "c/server.py"
    )
    before = app.replica("c")
    with loads(app) as requests:
        app.ok("up", "-d")
        until(lambda: app.replica("c")["revision"] == before["revision"] + 1)
        until(lambda: answered_by_b(app) == "2:x")
    assert requests.failures == requests.needing.failures == []
    assert {answer.body for answer in requests.needing.answers} == {b'"1:x"', b'"2:x"'}


def test_one_that_cannot_start_is_named_to_those_who_need_it(app: App) -> None:
    tell(app, "stay away")
    with loads(app) as requests:
        os.kill(app.replica("b")["pid"], signal.SIGKILL)
        until(lambda: app.replica("b")["failures"] >= 2)
        time.sleep(1)
        refused = time.monotonic()
        time.sleep(1)
    assert requests.failures == []
    late = [answer for answer in requests.needing.answers if answer.began > refused]
    assert named(late) == {(503, "b")}
    assert max(answer.seconds for answer in late) < 1
    assert named(requests.needing.failures) == {(503, "b")}
    told = json.loads(late[-1].body)
    assert told["code"] == "upstream_unavailable"
    assert told["detail"] == "service 'b': 503 no_replica: the service b has no replica"
    tell(app, "start")
    until(lambda: answered_by_b(app) != "", seconds=40)
