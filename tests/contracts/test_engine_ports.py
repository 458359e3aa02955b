"""What every engine promises of a server that listens on a port, and of the gateway inside.

Over those whose containers really run; tests/live/engines has them run again by ordinary users.
"""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from email.message import Message
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from lading.engines.embedded.identity import Identity
from lading.engines.engine import Engine, Workload
from lading.oci import Image
from tests import busybox, daemons
from tests.busybox import need_engine
from tests.contracts.test_engine import REAL, opened, script

HTTPD = script("cd /tmp; echo content > index.html; exec httpd -f -p 127.0.0.1:$PORT")
ASKS = script("echo $LADING_GATEWAY; wget -q -O - $LADING_GATEWAY/some/path; sleep 60")


@pytest.fixture(params=REAL)
def engine(request: pytest.FixtureRequest, tmp_path: Path, run_folder: Path) -> Iterator[Engine]:
    yield from opened(request.param, (tmp_path, run_folder), image_for(request.param))


def image_for(kind: str) -> Image:
    """Daemons run the bridge from the workload's own image: it needs a Python, as all of ours."""
    need_engine()
    return busybox.image(python=kind in daemons.ALL)


@pytest.fixture
def wanted(request: pytest.FixtureRequest) -> Workload:
    image = image_for(request.node.callspec.params["engine"])
    return Workload("legacy-1", image.digest, HTTPD, port=3000, grace_seconds=0.5)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Path]:
    """The folder of a gateway that answers with the path it was asked for."""
    folder = tmp_path / "g"
    folder.mkdir()
    folder.chmod(0o755)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"asked for {self.path}\n".encode())

        def log_message(self, *_: object) -> None: ...

    with socketserver.ThreadingUnixStreamServer(str(folder / "http.sock"), Answer) as server:
        (folder / "http.sock").chmod(0o666)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder
        server.shutdown()


def asked(address: str, path: str = "/") -> tuple[int, Message, str]:
    """Status, headers and body of what is answered at `unix:/path` or `host:port`.

    By the standard library, since ordinary users here may have no Python with TLS.
    """
    with closing(HTTPConnection("replica")) as client:
        if address.startswith("unix:"):
            client.sock = socket.socket(socket.AF_UNIX)
            client.sock.settimeout(10)
            client.sock.connect(address.removeprefix("unix:"))
        else:
            host, _, port = address.rpartition(":")
            client.sock = socket.create_connection((host, int(port)), timeout=10)
        client.request("GET", path)
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def answered(address: str) -> str:
    """What is answered with 200, once anything is."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(OSError):
            status, _, body = asked(address)
            if status == 200:
                return body
        time.sleep(0.05)
    raise AssertionError(f"in 20 s, nobody answered at {address}")


def said(engine: Engine, lines: int) -> list[str]:
    """The first lines that the container writes to its output."""
    found: list[str] = []
    for line in engine.logs("legacy-1", follow=True):
        if line.stream == "stdout":
            found.append(line.text)
        if len(found) == lines:
            break
    return found


@pytest.mark.parametrize("egress", [False, True], ids=["alone", "egress"])
def test_a_server_on_a_port_is_reached_by_the_address(engine, wanted, egress):
    applied = engine.apply(replace(wanted, egress=egress))
    assert answered(applied.address) == "content\n"


def test_a_low_port_is_listened_on_by_who_is_not_root(engine, wanted):
    # Root nevertheless, where a user has no ids lent to them.
    command = script(f"test $(id -u) = {Identity.current().inside} || exit 1; {HTTPD[2]}")
    applied = engine.apply(replace(wanted, port=80, command=command))
    assert answered(applied.address) == "content\n"


def test_until_the_port_is_listened_on_nothing_is_begun(engine, wanted):
    address = engine.apply(replace(wanted, command=script(f"sleep 1; {HTTPD[2]}"))).address
    came = [0]
    while came[-1] != 200:
        with suppress(FileNotFoundError, ConnectionRefusedError):  # nobody is there at all yet
            status, headers, _ = asked(address)
            assert status == 200 or headers["x-lading-not-started"] == "1"
            came.append(status)
        time.sleep(0.02)
    assert set(came) <= {0, 503, 200}


def test_a_server_on_a_port_has_no_network_but_its_loopback(engine, wanted):
    engine.apply(replace(wanted, command=("/bin/cat", "/proc/net/dev")))
    lines = [line.text for line in engine.logs("legacy-1", follow=True)]
    assert [line.partition(":")[0].strip() for line in lines[2:]] == ["lo"]


@pytest.mark.parametrize(("port", "found"), [(3000, 7878), (7878, 7879)])
def test_a_server_on_a_port_finds_the_gateway_at_another(engine, wanted, gateway, port, found):
    engine.apply(replace(wanted, command=ASKS, port=port, gateway=gateway))
    assert said(engine, 2) == [f"http://127.0.0.1:{found}", "asked for /some/path"]


def test_a_server_on_the_socket_finds_the_gateway_at_a_socket_it_cannot_take_away(
    engine, wanted, gateway
):
    tells = script(
        "echo $LADING_GATEWAY; test -S /run/gateway/http.sock && echo there;"
        "touch /run/gateway/x || echo closed; rm -f /run/gateway/http.sock || echo kept;"
        "test -w /run/gateway/http.sock && echo reachable"
    )
    engine.apply(replace(wanted, command=tells, port=None, gateway=gateway))
    expected = ["unix:/run/gateway/http.sock", "there", "closed", "kept", "reachable"]
    assert said(engine, 99) == expected


def test_without_a_gateway_or_a_port_none_is_named(engine, wanted):
    tells = script('echo "[$LADING_GATEWAY][$PORT][$LADING_SOCKET]"')
    engine.apply(replace(wanted, command=tells, port=None))
    assert said(engine, 99) == ["[][][/run/lading/http.sock]"]


def test_a_name_that_comes_back_is_reached_again(engine, wanted):
    for _ in range(3):
        assert answered(engine.apply(wanted).address) == "content\n"
        engine.remove(wanted.name)


def test_what_a_server_on_a_port_has_is_answered_before_it_is_stopped(engine, wanted):
    # The first process of a container that does not handle SIGTERM: nothing but SIGKILL ends it.
    slow = script(
        "mkdir /tmp/cgi-bin; cd /tmp; echo content > index.html;"
        "printf '#!/bin/sh\\nsleep 1; echo; echo at last\\n' > cgi-bin/slow;"
        "chmod +x cgi-bin/slow; exec httpd -f -p 127.0.0.1:$PORT"
    )
    address = engine.apply(replace(wanted, command=slow, grace_seconds=8)).address
    answered(address)
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(asked, address, "/cgi-bin/slow")
        time.sleep(0.4)
        engine.remove(wanted.name)
        status, _, body = under_way.result()
    assert (status, body) == (200, "at last\n")


def test_a_server_that_lets_go_of_sigterm_when_it_gets_it_takes_no_more_of_its_grace(
    engine, wanted
):
    # As Node.js does: caught once, and sent to itself, the first process, which does not notice.
    lets_go = "trap 'trap - TERM; kill -TERM $$' TERM; httpd -p 127.0.0.1:$PORT"
    forever = script(f"cd /tmp; echo content > index.html; {lets_go}; while :; do sleep 0.1; done")
    answered(engine.apply(replace(wanted, command=forever, grace_seconds=30)).address)
    begun = time.monotonic()
    engine.remove(wanted.name)
    assert time.monotonic() - begun < 5
