"""gRPC beside a server that loads, is full, is stopped or cannot open it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc as stubs

from tests.contracts.runtime.serving import Server, serve

TOLD = {"HANDLER": "inference:Echo", "SERVICE": "inference"}


def asking(seconds: float) -> Any:
    """An inference that takes so long."""
    raw = np.array([seconds]).tobytes()
    tensor = {"name": "seconds", "datatype": "FP64", "shape": [1]}
    return pb.ModelInferRequest(model_name="inference", inputs=[tensor], raw_input_contents=[raw])


def under_way(server: Server) -> float:
    """How many requests wait for their answer, as the server counts them itself."""
    with server.client() as client:
        text = client.get(f"http://127.0.0.1:{server.port}/inference/metrics").text
    lines = [x for x in text.splitlines() if x.startswith("lading_requests_in_flight{")]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_calls_under_way_are_answered_when_the_server_is_told_to_stop(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/grpc.sock"
    with (
        serve(tmp_path, "Echo", GRPC=address, **TOLD) as server,
        grpc.insecure_channel(address) as channel,
    ):
        stub = stubs.GRPCInferenceServiceStub(channel)
        calls = [stub.ModelInfer.future(asking(0.5)) for _ in range(3)]
        wait_for(lambda: under_way(server) == 3)
        assert server.stop() == 0
        assert [call.result(20).model_name for call in calls] == ["inference"] * 3
        with pytest.raises(grpc.RpcError) as caught:
            stub.ModelInfer(asking(0.0), timeout=5)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_full_queue_is_told_at_once(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/grpc.sock"
    with (
        serve(tmp_path, "Echo", GRPC=address, QUEUE="1", **TOLD),
        grpc.insecure_channel(address) as channel,
    ):
        stub = stubs.GRPCInferenceServiceStub(channel)
        calls = [stub.ModelInfer.future(asking(0.5)) for _ in range(8)]
        codes = [call.code() for call in calls]
        assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
        refused = calls[codes.index(grpc.StatusCode.RESOURCE_EXHAUSTED)]
        assert dict(refused.trailing_metadata())["lading-code"] == "queue_full"
        assert "grpc-retry-pushback-ms" in dict(refused.trailing_metadata())


def test_a_call_that_is_given_up_leaves_the_queue(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/grpc.sock"
    with (
        serve(tmp_path, "Echo", GRPC=address, **TOLD) as server,
        grpc.insecure_channel(address) as channel,
    ):
        stub = stubs.GRPCInferenceServiceStub(channel)
        first = stub.ModelInfer.future(asking(0.5))
        wait_for(lambda: under_way(server) == 1)
        began = time.monotonic()
        with pytest.raises(grpc.RpcError) as caught:
            # Waits behind the first, and would take longer than this test may.
            stub.ModelInfer(asking(30.0), timeout=0.2)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert first.result(20).model_name == "inference"
        assert stub.ModelInfer(asking(0.0), timeout=20).model_name == "inference"
        assert time.monotonic() - began < 15


def test_an_address_that_cannot_be_had_ends_the_server(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/no/such/folder/grpc.sock"
    with serve(tmp_path, "Echo", wait=False, GRPC=address, **TOLD) as server:
        assert server.process.wait(20) == 1
        assert f"LADING_GRPC: {address} cannot be listened on" in server.log()
        assert "Traceback" not in server.log()
