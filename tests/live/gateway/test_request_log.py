"""What Envoy writes of requests, and that it stays whole and bounded."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from lading.gateway.envoy import Envoy
from lading.gateway.requests import log as requests_log
from lading.gateway.requests.finding import trees
from lading.gateway.requests.request import Request
from lading.gateway.requests.why import why
from lading.gateway.route import Listener, Route
from tests.live.gateway.replicas import Replica
from tests.load import Load

pytestmark = pytest.mark.live
Make = Callable[..., Replica]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def client(envoy: Envoy, listener: Listener, replica: Make, url: str) -> Iterator[httpx.Client]:
    """Of a gateway with a service that answers, one without replicas and some that do not."""
    coming = replica("coming", unready_seconds=60)
    envoy.start(
        listener,
        [
            Route("digits", (replica().address,), timeout_seconds=1),
            Route("coming", (), (coming.address,), timeout_seconds=0.6),
            Route("empty", ()),
            Route("dead", ("unix:/nowhere.sock",), timeout_seconds=0.6),
        ],
    )
    with httpx.Client(base_url=url, timeout=20) as made:
        yield made


def written(envoy: Envoy, request_id: str) -> Request:
    """Its line, which may come a little after its answer."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        assert envoy.flush_requests()
        for found in envoy.requests.named([request_id]):
            return found
        time.sleep(0.02)
    raise AssertionError(f"{request_id} was not written down")


def test_a_request_is_written_down_as_it_was(envoy: Envoy, client: httpx.Client) -> None:
    headers = {
        "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
        "tracestate": "lading=00f067aa0ba902b7-b7ad6b7169203331,rojo=1",
    }
    before = time.time()
    answer = client.post("/digits/predict?ms=100&name=Ada", content=b"12345", headers=headers)
    found = written(envoy, answer.headers["x-request-id"])
    assert abs(found.began_us / 1e6 - before) < 0.1
    assert 100_000 <= found.duration_us < 300_000
    assert found.sent_us is not None and found.sent_us < 50_000
    assert found.answered_us is not None and found.answered_us - found.sent_us >= 99_000
    assert (found.trace_id, found.span_id) == (TRACE, "00f067aa0ba902b7")
    assert found.caller is not None and found.caller.made_for == "b7ad6b7169203331"
    assert (found.method, found.path, found.service) == ("POST", "/digits/predict", "digits")
    assert (found.status, found.tries, found.bytes_in) == (200, 1, 5)
    assert found.replica.endswith("/digits-1.sock")
    assert (found.inside, found.failed, why(found)) == (False, False, "")
    assert b"Ada" not in envoy.requests.path.read_bytes()


def test_what_comes_by_the_socket_was_made_by_a_service(envoy: Envoy, client: httpx.Client) -> None:
    transport = httpx.HTTPTransport(uds=str(envoy.inside / "http.sock"))
    with httpx.Client(transport=transport, base_url="http://gateway") as service:
        answer = service.post("/digits/predict")
    assert written(envoy, answer.headers["x-request-id"]).inside


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/empty/predict", 503, "the service has no replica"),
        ("/dead/predict", 504, "no replica could be reached in time"),
        ("/coming/predict", 504, "no replica was ready in time"),
        ("/digits/predict?ms=3000", 504, "no answer in time"),
        ("/digits/predict?drop", 503, "the replica went away in the middle of it"),
        ("/nobody/predict", 404, "there is no service nobody"),
    ],
)
def test_why_one_failed_can_be_told(
    envoy: Envoy, client: httpx.Client, path: str, status: int, said: str
) -> None:
    answer = client.post(path)
    found = written(envoy, answer.headers["x-request-id"])
    assert (found.status, why(found), found.failed) == (status, said, True)
    assert (found.tries > 1) == (path.startswith(("/dead", "/coming")))


@pytest.mark.parametrize("known_length", [True, False])
def test_a_body_that_is_too_large_is_told(
    envoy: Envoy, client: httpx.Client, listener: Listener, known_length: bool
) -> None:
    body = b"x" * (listener.max_body_bytes + 1)
    content = body if known_length else iter([body[:-1], b"x"])
    answer = client.post("/digits/predict", content=content)
    found = written(envoy, answer.headers["x-request-id"])
    assert (found.status, why(found)) == (413, "the body is too large")


def test_a_client_that_goes_away_is_told(envoy: Envoy, client: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        client.post("/digits/x?ms=900", headers={"x-request-id": "gone-1"}, timeout=0.2)
    found = written(envoy, "gone-1")
    assert (found.status, why(found), found.failed) == (0, "the client went away", True)
    assert 190_000 < found.duration_us < 600_000


def test_a_request_that_was_answered_at_the_second_try_did_not_fail(
    envoy: Envoy, listener: Listener, replica: Make, url: str
) -> None:
    only = replica()
    envoy.start(listener, [Route("digits", (only.address,), timeout_seconds=20)])
    only.kill(signal.SIGKILL)
    threading.Timer(0.5, only.start).start()
    answer = httpx.post(f"{url}/digits/x", timeout=20)
    assert answer.status_code == 200
    found = written(envoy, answer.headers["x-request-id"])
    assert found.tries > 1
    assert (found.failed, why(found)) == (False, "")


def test_what_is_not_http_is_written_down_without_harm(
    envoy: Envoy, client: httpx.Client, listener: Listener
) -> None:
    with socket.create_connection(("127.0.0.1", listener.port), timeout=10) as connection:
        connection.sendall(b"GET /digits/x HTTP/1.1\r\nHost: x\r\nx-request-id: \x1b[31m\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    client.get("/digits/x", headers={"x-request-id": "after-1"})
    written(envoy, "after-1")
    (found,) = [one for one in envoy.requests.read() if one.request_id != "after-1"]
    assert (found.request_id, why(found)) == ("", "not well-formed HTTP")


def test_every_printable_id_finds_its_request(envoy: Envoy, client: httpx.Client) -> None:
    """Whatever of it JSON would write in another way must not be sought."""
    given = "".join(map(chr, range(0x21, 0x7F))).replace('"', "").replace("\\", "")
    client.get("/digits/x", headers={"x-request-id": given})
    assert written(envoy, given).request_id == given


def test_the_log_stays_bounded_and_loses_nothing_of_what_it_keeps(
    envoy: Envoy, listener: Listener, replica: Make, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    envoy.start(listener, [Route("digits", (replica().address,))])
    monkeypatch.setattr(requests_log, "LARGEST_BYTES", 0)
    with Load(f"{url}/digits/x") as load:
        time.sleep(0.5)
        envoy.bound_requests()
        time.sleep(0.5)
    assert load.failures == []
    assert envoy.flush_requests()
    time.sleep(0.1)
    assert envoy.requests.old.exists()
    assert len(list(envoy.requests.read())) == len(load.answers)


def test_a_file_that_was_moved_though_nobody_told_envoy_is_opened_anew(
    envoy: Envoy, client: httpx.Client
) -> None:
    client.get("/digits/x", headers={"x-request-id": "before-1"})
    written(envoy, "before-1")
    # As one does that is killed right after.
    envoy.requests.path.rename(envoy.requests.old)
    client.get("/digits/x", headers={"x-request-id": "between-1"})
    Envoy(envoy.folder, envoy.requests).bound_requests()
    written(envoy, "between-1")
    assert envoy.requests.path.exists()
    client.get("/digits/x", headers={"x-request-id": "after-1"})
    written(envoy, "after-1")
    assert [one.request_id for one in envoy.requests.read()] == ["before-1", "between-1", "after-1"]


def test_lines_are_written_without_anybody_asking(envoy: Envoy, client: httpx.Client) -> None:
    client.get("/digits/x", headers={"x-request-id": "quiet-1"})
    until = time.monotonic() + 3
    while not envoy.requests.named(["quiet-1"]):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_log_is_there_when_envoy_has_gone(envoy: Envoy, client: httpx.Client) -> None:
    client.get("/digits/x", headers={"x-request-id": "kept-1"})
    envoy.stop(grace_seconds=1)
    assert not envoy.flush_requests()
    (tree,) = trees(envoy.requests, "kept-1")
    assert tree.request is not None and tree.request.status == 200
