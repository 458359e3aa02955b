"""Calls over real connections, to a server whose answers are written here."""

from __future__ import annotations

import asyncio
import contextvars
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from lading_runtime import client, service
from lading_runtime.client.pool import MOST_KEPT
from lading_runtime.tracing import Context, Trace, activate
from tests.unit.runtime.client.scripted import Request, answer, scripted

ID = "4bf92f3577b34da6a3ce929d0e0e4736"
NOT_STARTED = answer(b"{}", 503, x_lading_not_started="1", retry_after="1")

Ask = Callable[..., Any]


def plain(gateway: str, **how: Any) -> Any:
    return service("ocr", gateway=gateway, **how).predict(number=1)


def as_coroutine(gateway: str, **how: Any) -> Any:
    return asyncio.run(service("ocr", gateway=gateway, **how).predict_async(number=1))


def on_uvloop(gateway: str, **how: Any) -> Any:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(service("ocr", gateway=gateway, **how).predict_async(number=1))


@pytest.fixture(params=[plain, as_coroutine, on_uvloop])
def ask(request: pytest.FixtureRequest) -> Ask:
    asking: Ask = request.param
    return asking


def within(context: Context, asking: Callable[[], Any]) -> Any:
    def turn() -> Any:
        activate(context)
        return asking()

    return contextvars.copy_context().run(turn)


@pytest.mark.parametrize("unix", [True, False])
def test_a_call_is_a_post_to_the_service(ask: Ask, unix: bool, tmp_path: Path) -> None:
    with scripted(lambda _: answer(b"[1, 2]"), tmp_path if unix else None) as server:
        assert ask(server.gateway) == [1, 2]
    (request,) = server.requests
    assert request.line == "POST /ocr/predict HTTP/1.1"
    assert request.body == b'{"number":1}'
    assert request.headers["host"] == "localhost" if unix else server.gateway[7:]
    assert not {"traceparent", "x-request-id", "idempotency-key"} & request.headers.keys()


def test_a_prefix_stands_before_the_service(ask: Ask) -> None:
    with scripted(lambda _: answer()) as server:
        ask(f"{server.gateway}/team/")
    assert server.requests[0].line == "POST /team/ocr/predict HTTP/1.1"


def test_the_request_being_answered_is_told(ask: Ask) -> None:
    with scripted(lambda _: answer()) as server:
        trace = Trace(ID, "00f067aa0ba902b7", "01", "a=b,lading=1-2,lading@x=3", "b7ad6b7169203331")
        context = Context("r-1", trace)
        within(context, lambda: [ask(server.gateway) for _ in range(2)])
    spans = set()
    for request in server.requests:
        assert request.headers["x-request-id"] == "r-1"
        found = re.fullmatch(f"00-{ID}-([0-9a-f]{{16}})-01", request.headers["traceparent"])
        assert found
        member = f"lading={found[1]}-b7ad6b7169203331"
        assert request.headers["tracestate"] == f"{member},a=b,lading@x=3"
        spans.add(found[1])
    assert len(spans - {"00f067aa0ba902b7"}) == 2


def test_one_connection_serves_calls_one_after_the_other() -> None:
    with scripted(lambda _: answer()) as server:
        for _ in range(3):
            plain(server.gateway)
            as_coroutine(server.gateway)
            on_uvloop(server.gateway)
        assert len(server.requests) == 9
        assert len(server.connections) == 1


def test_no_more_than_some_connections_are_kept() -> None:
    async def many(gateway: str) -> None:
        asked = (service("ocr", gateway=gateway).predict_async() for _ in range(MOST_KEPT + 8))
        await asyncio.gather(*asked)

    with scripted(lambda _: answer()) as server:
        asyncio.run(many(server.gateway))
        opened = len(server.connections)
        asyncio.run(many(server.gateway))
        assert len(server.requests) == 2 * (MOST_KEPT + 8)
        assert len(server.connections) <= opened + 8


def test_a_kept_connection_that_was_closed_is_not_used(ask: Ask) -> None:
    with scripted(lambda _: answer()) as server:
        ask(server.gateway)
        server.hang_up()
        assert ask(server.gateway) == "done"
        assert [x.connection for x in server.requests] == [1, 2]


def test_a_connection_that_the_answer_ends_is_not_kept(ask: Ask) -> None:
    with scripted(lambda _: answer(connection="close")) as server:
        ask(server.gateway)
        ask(server.gateway)
        assert len(server.connections) == 2


def test_a_request_whose_fate_is_unknown_is_not_sent_again(ask: Ask, tmp_path: Path) -> None:
    with (
        scripted(lambda _: b"", tmp_path) as server,
        pytest.raises(client.ConnectionLost, match="the connection was lost before it answered"),
    ):
        ask(server.gateway)
    assert len(server.requests) == 1


def test_it_is_sent_again_where_the_caller_allows_it(ask: Ask) -> None:
    with scripted(lambda x: answer() if x.connection == 3 else b"") as server:
        assert ask(server.gateway, idempotent=True) == "done"
    assert len(server.requests) == 3
    assert len({x.headers["idempotency-key"] for x in server.requests}) == 1


def test_an_answer_cut_short_is_a_lost_connection(ask: Ask) -> None:
    cut = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nhalf"

    def script(request: Request) -> bytes:
        server.connections[0].sendall(cut)
        return b""

    with (
        scripted(script) as server,
        pytest.raises(client.ConnectionLost, match="within its answer"),
    ):
        ask(server.gateway)


def test_a_refusal_before_anything_began_is_tried_again(ask: Ask) -> None:
    def script(_: Request) -> bytes:
        return NOT_STARTED if len(server.requests) < 4 else answer()

    with scripted(script) as server:
        assert ask(server.gateway) == "done"
        assert (len(server.requests), len(server.connections)) == (4, 1)


def test_it_is_tried_as_long_as_the_call_may_last(ask: Ask) -> None:
    began = time.monotonic()
    with (
        scripted(lambda _: NOT_STARTED) as server,
        pytest.raises(client.ServiceUnavailable) as raised,
    ):
        ask(server.gateway, timeout=0.4)
    assert raised.value.status == 503
    assert len(server.requests) > 1
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("status", [429, 503])
def test_any_other_refusal_is_told_at_once(ask: Ask, status: int) -> None:
    with scripted(lambda _: answer(b"go away", status, "text/plain")) as server:
        with pytest.raises((client.TooManyRequests, client.ServiceUnavailable)) as raised:
            ask(server.gateway)
        assert len(server.requests) == 1
    assert (raised.value.status, raised.value.detail) == (status, "go away")


def test_a_call_ends_with_its_time(ask: Ask) -> None:
    with (
        scripted(lambda _: server.connections[0].recv(1)) as server,
        pytest.raises(client.DeadlineExceeded, match=r"no answer within 0\.05 seconds"),
    ):
        ask(server.gateway, timeout=0.05)


def test_a_call_ends_with_the_request_that_it_is_made_for(ask: Ask) -> None:
    with (
        scripted(lambda _: server.connections[0].recv(1)) as server,
        pytest.raises(client.DeadlineExceeded) as raised,
    ):
        context = Context("r-1", Trace(ID, "00f067aa0ba902b7"), time.monotonic() + 0.05)
        within(context, lambda: ask(server.gateway))
    assert "by the deadline of the request that is being answered" in str(raised.value)
    assert raised.value.request_id == "r-1"


def test_a_gateway_that_nobody_listens_for_is_told(ask: Ask, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(client.ConnectionFailed, match=f"http://127.0.0.1:{port}: Connection refu"):
        ask(f"http://127.0.0.1:{port}", timeout=0.1)
    with pytest.raises(client.ConnectionFailed, match=r"none: No such file or directory"):
        ask(f"unix:{tmp_path}/none", timeout=0.1)
    with pytest.raises(client.ConnectionFailed, match=r"http://x+\.x: .*label"):
        ask(f"http://{'x' * 70}.x", timeout=0.1)


def test_what_is_not_http_is_told(ask: Ask) -> None:
    with (
        scripted(lambda _: b"+PONG\r\n") as server,
        pytest.raises(client.UnexpectedAnswer, match=r"what came is not HTTP/1\.1"),
    ):
        ask(server.gateway)


def test_an_unset_gateway_is_told_when_calling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LADING_GATEWAY", raising=False)
    ocr = service("ocr")
    with pytest.raises(client.GatewayUnset, match="LADING_GATEWAY is not set; set LADING_GATEWAY"):
        ocr.predict()
    monkeypatch.setenv("LADING_GATEWAY", "gateway:80")
    with pytest.raises(client.GatewayUnset, match="LADING_GATEWAY: expected http://host:port"):
        ocr.predict()


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a\r\nx: y", "..", "é"])
def test_what_is_no_name_of_a_service_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected the name of a service"):
        service(name)
    with pytest.raises(ValueError, match="expected the name of a service, got 5"):
        service(5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="path: expected one that begins with '/', got 5"):
        service("ocr", path=5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="timeout: expected seconds above 0, got 0"):
        service("ocr", timeout=0)


def test_a_service_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        service("ocr").name = "other"  # type: ignore[misc]


def test_a_cancelled_call_closes_its_connection() -> None:
    async def cancelled(gateway: str) -> None:
        task = asyncio.create_task(service("ocr", gateway=gateway).predict_async())
        while not server.requests:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await service("ocr", gateway=gateway).predict_async() == "done"

    def script(request: Request) -> bytes:
        if request.connection == 1:
            assert server.connections[0].recv(1) == b""
        return answer()

    with scripted(script) as server:
        asyncio.run(cancelled(server.gateway))
        assert len(server.connections) == 2
