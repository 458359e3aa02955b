"""The gateway as services see it: by a socket; and servers that are not ours, behind it."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable, Iterator

import httpx
import pytest

from lading.gateway.envoy import Envoy
from lading.gateway.route import Listener, Route
from tests.live.gateway.replicas import Replica

pytestmark = pytest.mark.live
Make = Callable[..., Replica]


def through(envoy: Envoy) -> httpx.Client:
    """A client of the socket."""
    transport = httpx.HTTPTransport(uds=str(envoy.inside / "http.sock"))
    return httpx.Client(transport=transport, base_url="http://gateway", timeout=20)


@pytest.fixture
def inside(envoy: Envoy, listener: Listener, replica: Make) -> Iterator[httpx.Client]:
    routes = [Route("digits", (replica().address,)), Route("empty", ())]
    envoy.start(listener, routes)
    with through(envoy) as client:
        yield client


def test_the_same_is_answered_as_at_the_port(
    inside: httpx.Client, url: str, listener: Listener
) -> None:
    for path in ("/digits/a?b", "/v2/models/digits/infer", "/empty/predict", "/none", "/healthz"):
        own, outer = inside.get(path), httpx.get(f"{url}{path}")
        assert own.status_code == outer.status_code
        for differs in ("request_id", "headers"):
            assert (differs in own.json()) == (differs in outer.json())
        assert own.json().get("target") == outer.json().get("target")
        assert own.json().get("code") == outer.json().get("code")
    large = inside.post("/digits/x", content=b"x" * (listener.max_body_bytes + 1))
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")


def test_who_may_enter_the_folder_may_connect_and_nobody_else_may(
    inside: httpx.Client, envoy: Envoy
) -> None:
    assert stat.S_IMODE(envoy.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(envoy.inside.stat().st_mode) == 0o755
    assert stat.S_IMODE((envoy.inside / "http.sock").stat().st_mode) == 0o666
    assert [entry.name for entry in envoy.inside.iterdir()] == ["http.sock"]


def test_the_administration_is_not_there(inside: httpx.Client) -> None:
    for path in ("/stats", "/config_dump", "/quitquitquit", "/ready"):
        assert inside.post(path).json()["code"] == "unknown_service"


def test_the_socket_is_there_again_after_envoy_was_killed(
    envoy: Envoy, listener: Listener, replica: Make
) -> None:
    routes = [Route("digits", (replica().address,))]
    envoy.start(listener, routes)
    folder = os.open(envoy.inside, os.O_RDONLY)  # as a container has it: the folder, not its name
    os.kill(envoy.pid or 0, 9)
    while envoy.alive():
        pass
    envoy.start(listener, routes)
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"/proc/self/fd/{folder}/http.sock")
    finally:
        os.close(folder)


def test_after_a_stop_no_socket_is_left(envoy: Envoy, listener: Listener) -> None:
    envoy.start(listener, [])
    envoy.stop(grace_seconds=0)
    assert not list(envoy.folder.rglob("*.sock"))


def test_a_server_that_is_not_ours_gets_its_own_paths(
    envoy: Envoy, listener: Listener, replica: Make, url: str
) -> None:
    # This replica answers everything, /.lading/ready too.
    route = Route("other", (replica("other").address,), foreign=True)
    envoy.start(listener, [route])
    for asked, got in (
        ("/other", "/"),
        ("/other/", "/"),
        ("/other?a=%20b", "/?a=%20b"),
        ("/other/a/b?c", "/a/b?c"),
        ("/other/other/x", "/other/x"),
    ):
        for method in ("GET", "POST"):
            answer = httpx.request(method, f"{url}{asked}")
            assert answer.json()["target"] == got
            assert answer.json()["headers"]["x-forwarded-prefix"] == "/other"
    assert httpx.get(f"{url}/v2/models/other").json()["code"] == "unknown_service"
    assert httpx.get(f"{url}/otherwise").json()["code"] == "unknown_service"
