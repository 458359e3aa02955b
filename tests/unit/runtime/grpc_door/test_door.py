"""The door's process: that it opens, stays open, and closes, in front of whichever server."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc as stubs

from lading_runtime.grpc_door import starting
from lading_runtime.grpc_door.serving import Door
from lading_runtime.grpc_door.starting import DoorError, DoorKeeper

Answer = Callable[[str, dict[str, str]], tuple[str, dict[str, str], bytes]]
PROBLEM = b'{"error":"e","code":"%s","detail":"why"}'


class Front:
    """A server of which each connection is answered by a function, or not at all."""

    def __init__(self, answer: Answer | None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.gone = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                await self.exchange(line.decode(), reader, writer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            self.gone.set()
            writer.close()

    async def exchange(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        headers: dict[str, str] = {}
        while (field := (await reader.readline()).decode().strip()) != "":
            name, _, value = field.partition(": ")
            headers[name] = value
        await reader.readexactly(int(headers.get("content-length", "0")))
        self.asked.append((line.split()[1], headers))
        if self.answer is None:
            return
        status, told, body = self.answer(line.split()[1], headers)
        fields = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        head = f"HTTP/1.1 {status} x\r\n{fields}content-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)


@asynccontextmanager
async def opened(
    folder: Path, answer: Answer | None
) -> AsyncIterator[tuple[Front, DoorKeeper, Any]]:
    front = Front(answer)
    server = await asyncio.start_unix_server(front.serve, str(folder / "front.sock"))
    address = f"unix:{folder}/grpc.sock"
    keeper = DoorKeeper(Door(address, f"unix:{folder}/front.sock", 1000, 1.0))
    await keeper.start()
    async with grpc.aio.insecure_channel(address) as channel:
        yield front, keeper, stubs.GRPCInferenceServiceStub(channel)
    await keeper.leave()
    await keeper.stop()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("400", "malformed_json", grpc.StatusCode.INVALID_ARGUMENT),
        ("422", "invalid_argument", grpc.StatusCode.INVALID_ARGUMENT),
        ("404", "not_found", grpc.StatusCode.NOT_FOUND),
        ("413", "body_too_large", grpc.StatusCode.RESOURCE_EXHAUSTED),
        ("500", "internal_error", grpc.StatusCode.INTERNAL),
        ("503", "not_ready", grpc.StatusCode.UNAVAILABLE),
        ("503", "queue_full", grpc.StatusCode.RESOURCE_EXHAUSTED),
        ("504", "deadline_exceeded", grpc.StatusCode.DEADLINE_EXCEEDED),
        ("418", "other", grpc.StatusCode.UNKNOWN),
    ],
)
def test_errors_become_statuses_with_the_code_beside_them(
    tmp_path: Path, status: str, code: str, expected: grpc.StatusCode
) -> None:
    def answer(path: str, headers: dict[str, str]) -> tuple[str, dict[str, str], bytes]:
        return status, {"Retry-After": "1", "X-Request-Id": "r1"}, PROBLEM % code.encode()

    async def scenario() -> None:
        async with opened(tmp_path, answer) as (_, _, stub):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.ModelInfer(pb.ModelInferRequest(model_name="m"))
            assert (caught.value.code(), caught.value.details()) == (expected, "why")
            assert dict(caught.value.trailing_metadata()) == {
                "lading-code": code, "x-request-id": "r1", "grpc-retry-pushback-ms": "1000",
            }  # fmt: skip

    asyncio.run(scenario())


def test_the_trace_and_the_request_id_are_passed_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path, lambda path, headers: ("200", {}, b"{}")) as (front, _, stub):
            metadata = (("traceparent", "00-1-2-01"), ("x-request-id", "mine"), ("x-other", "no"))
            assert (await stub.ServerReady(pb.ServerReadyRequest(), metadata=metadata)).ready
            ((path, headers),) = front.asked
            assert path == "/v2/health/ready"
            assert headers == {
                "host": "lading", "traceparent": "00-1-2-01", "x-request-id": "mine",
            }  # fmt: skip

    asyncio.run(scenario())


def test_the_door_needs_no_secrets_and_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LADING_SECRETS", "API_KEY")
    monkeypatch.setenv("API_KEY", "value")

    async def scenario() -> None:
        async with opened(tmp_path, None) as (_, keeper, _):
            assert b"API_KEY=value" not in Path(f"/proc/{keeper.pid}/environ").read_bytes()

    asyncio.run(scenario())


def test_a_caller_that_gives_up_takes_its_request_with_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path, None) as (front, _, stub):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.ModelInfer(pb.ModelInferRequest(model_name="m"), timeout=0.2)
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            await asyncio.wait_for(front.gone.wait(), 10)
            call = stub.ModelInfer(pb.ModelInferRequest(model_name="m"))
            front.gone.clear()
            while len(front.asked) < 2:
                await asyncio.sleep(0.01)
            call.cancel()
            await asyncio.wait_for(front.gone.wait(), 10)

    asyncio.run(scenario())


def test_messages_past_the_limit_are_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path, None) as (front, _, stub):
            request = pb.ModelInferRequest(raw_input_contents=[b"x" * 1001])
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.ModelInfer(request)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert front.asked == []

    asyncio.run(scenario())


def test_a_server_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path, None) as (_, _, stub):
            (tmp_path / "front.sock").unlink()
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.ServerLive(pb.ServerLiveRequest())
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            assert ("lading-code", "not_ready") in tuple(caught.value.trailing_metadata())

    asyncio.run(scenario())


def test_a_message_that_is_none_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        channel = grpc.aio.insecure_channel(f"unix:{tmp_path}/grpc.sock")
        async with opened(tmp_path, None), channel:
            for name in ("ModelInfer", "ModelReady", "ModelMetadata"):
                call = channel.unary_unary(f"/inference.GRPCInferenceService/{name}")
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await call(b"\xff")
                assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
                assert caught.value.details() == "the message: a number that does not end"

    asyncio.run(scenario())


@pytest.mark.parametrize(("status", "serving"), [("200", 1), ("503", 2)])
def test_the_standard_health_service_answers(tmp_path: Path, status: str, serving: int) -> None:
    async def scenario() -> None:
        channel = grpc.aio.insecure_channel(f"unix:{tmp_path}/grpc.sock")
        async with opened(tmp_path, lambda path, headers: (status, {}, b"{}")), channel:
            check = channel.unary_unary("/grpc.health.v1.Health/Check")
            assert await check(b"") == bytes((8, serving))
            assert await check(b"\x0a\x1einference.GRPCInferenceService") == bytes((8, serving))
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await check(b"\x0a\x01x")
            assert caught.value.code() is grpc.StatusCode.NOT_FOUND

    asyncio.run(scenario())


def test_a_door_that_dies_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(starting, "_AGAIN_SECONDS", 0.01)

    async def scenario() -> None:
        async with opened(tmp_path, lambda path, headers: ("200", {}, b"{}")) as (_, keeper, stub):
            assert keeper.pid is not None
            os.kill(keeper.pid, signal.SIGKILL)
            live = await stub.ServerLive(pb.ServerLiveRequest(), wait_for_ready=True, timeout=20)
            assert live.live

    asyncio.run(scenario())
    assert '"event":"grpc ended"' in capfd.readouterr().err


def test_calls_under_way_are_answered_when_it_stops(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path, None) as (front, keeper, stub):
            call = asyncio.ensure_future(stub.ServerLive(pb.ServerLiveRequest()))
            while not front.asked:
                await asyncio.sleep(0.01)
            front.answer = lambda path, headers: ("200", {}, b"{}")
            await keeper.leave()
            with pytest.raises(grpc.aio.AioRpcError):
                await stub.ServerLive(pb.ServerLiveRequest())
            assert not call.done()
            assert len(front.asked) == 1
            call.cancel()

    asyncio.run(scenario())


KEEPS = """
import asyncio, sys
from lading_runtime.grpc_door.serving import Door
from lading_runtime.grpc_door.starting import DoorKeeper

async def keep():
    await DoorKeeper(Door(sys.argv[1], "unix:nowhere", 1000, 1.0)).start()
    print("open", flush=True)
    await asyncio.sleep(60)

asyncio.run(keep())
"""


def test_it_goes_when_the_process_that_keeps_it_is_killed(tmp_path: Path) -> None:
    path = f"{tmp_path}/grpc.sock"
    command = [sys.executable, "-c", KEEPS, f"unix:{path}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as keeping:
        assert keeping.stdout is not None
        assert keeping.stdout.readline() == b"open\n"
        keeping.kill()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as client:
            if client.connect_ex(path) != 0:
                return
        time.sleep(0.01)
    raise AssertionError("the door is still open")


def test_an_address_that_cannot_be_listened_on_is_said(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/no/such/folder/grpc.sock"
    keeper = DoorKeeper(Door(address, "unix:x", 1000, 1.0))
    with pytest.raises(DoorError, match=r"LADING_GRPC: .*/grpc.sock cannot be listened on"):
        asyncio.run(keeper.start())


def test_without_grpcio_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DoorError, match="LADING_GRPC: gRPC needs the package grpcio"):
        asyncio.run(DoorKeeper(Door("unix:a", "unix:b", 1, 1.0)).start())
