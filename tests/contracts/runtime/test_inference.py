"""The Open Inference Protocol as Triton's own clients speak it, over REST and over gRPC."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.http
from tritonclient.utils import InferenceServerException

from tests.contracts.runtime.serving import Server, free_port, serve

DTYPES = {
    "BOOL": "?", "INT8": "i1", "INT16": "i2", "INT32": "i4", "INT64": "i8", "UINT8": "u1",
    "UINT16": "u2", "UINT32": "u4", "UINT64": "u8", "FP16": "f2", "FP32": "f4", "FP64": "f8",
}  # fmt: skip


class Way:
    """A client of one transport: the calls are the same, the classes are not."""

    def __init__(self, kind: str, port: int) -> None:
        self.kind = kind
        self.library: Any = getattr(tritonclient, kind)
        self.client = self.library.InferenceServerClient(f"127.0.0.1:{port}")

    def infer(self, *inputs: tuple[str, str, np.ndarray], **more: Any) -> Any:
        made = []
        for name, datatype, values in inputs:
            one = self.library.InferInput(name, list(values.shape), datatype)
            one.set_data_from_numpy(values)
            made.append(one)
        return self.client.infer("inference", made, **more)


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/v2/models/inference/infer"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    folder, port = tmp_path_factory.mktemp("inference"), free_port()
    told = {"HANDLER": "inference:Echo", "SERVICE": "inference", "GRPC": f"127.0.0.1:{port}"}
    with serve(folder, "Echo", kind="tcp", **told) as server:
        yield server, port


@pytest.fixture(params=["http", "grpc"])
def way(request: pytest.FixtureRequest, served: tuple[Server, int]) -> Iterator[Way]:
    server, port = served
    opened = Way(request.param, server.port if request.param == "http" else port)
    yield opened
    opened.client.close()


def test_the_server_and_its_model_are_alive_and_ready(way: Way) -> None:
    assert way.client.is_server_live()
    assert way.client.is_server_ready()
    assert way.client.is_model_ready("inference")
    assert way.client.is_model_ready("inference", "1")


def test_metadata_is_told(way: Way) -> None:
    more = {"as_json": True} if way.kind == "grpc" else {}
    server = way.client.get_server_metadata(**more)
    assert (server["name"], server["extensions"]) == ("lading", ["binary_tensor_data"])
    model = way.client.get_model_metadata("inference", **more)
    assert (model["name"], model["versions"]) == ("inference", ["1"])
    assert [x["name"] for x in model["inputs"]] == ["tensor", "words", "seconds", "fails"]


@pytest.mark.parametrize("datatype", DTYPES)
def test_every_datatype_comes_back_as_it_went(way: Way, datatype: str) -> None:
    values = np.array([[0, 1, 1], [1, 0, 1]], DTYPES[datatype])
    result = way.infer(("tensor", datatype, values), request_id="42")
    assert np.array_equal(result.as_numpy("tensor"), values)
    assert result.as_numpy("tensor").dtype == values.dtype
    response = result.get_response(**({"as_json": True} if way.kind == "grpc" else {}))
    assert (response["id"], response["model_name"]) == ("42", "inference")


def test_bytes_of_any_kind_come_back_as_they_went(way: Way) -> None:
    values = np.array([b"", b"\xff\x00", "é".encode(), b"x" * 100_000], object)
    assert list(way.infer(("words", "BYTES", values)).as_numpy("words")) == list(values)


def test_a_tensor_of_a_megabyte_goes_both_ways(way: Way) -> None:
    values = np.random.default_rng(1).random((512, 512), np.float32)
    result = way.infer(("tensor", "FP32", values), ("words", "BYTES", np.array([b"a"], object)))
    assert np.array_equal(result.as_numpy("tensor"), values)
    assert list(result.as_numpy("words")) == [b"a"]


def test_a_wrong_tensor_is_named(way: Way) -> None:
    with pytest.raises(InferenceServerException) as caught:
        way.infer(("tensors", "FP32", np.zeros(1, "f4")))
    assert caught.value.message().startswith(
        "tensors: expected one of 'tensor', 'words', 'seconds', 'fails', came an unknown tensor"
    )
    assert caught.value.status() in ("422", "StatusCode.INVALID_ARGUMENT")


def test_an_unknown_model_or_version_is_not_found(way: Way) -> None:
    for asked in (("other", ""), ("inference", "2")):
        with pytest.raises(InferenceServerException, match=r"no model|no version") as caught:
            way.client.infer(asked[0], [], asked[1])
        assert caught.value.status() in ("404", "StatusCode.NOT_FOUND")


def test_a_handler_that_fails_says_so_without_its_reasons(way: Way) -> None:
    with pytest.raises(InferenceServerException, match="the log says why") as caught:
        way.infer(("fails", "BOOL", np.array([True])))
    assert caught.value.status() in ("500", "StatusCode.INTERNAL")
    assert "secret" not in caught.value.message()


def test_json_goes_where_the_client_asks_for_it(served: tuple[Server, int]) -> None:
    library = tritonclient.http
    client = library.InferenceServerClient(f"127.0.0.1:{served[0].port}")
    for binary in (True, False):
        one = library.InferInput("tensor", [2], "FP32")
        one.set_data_from_numpy(np.array([1.5, 2.5], "f4"), binary_data=binary)
        wanted = library.InferRequestedOutput("tensor", binary_data=not binary)
        result = client.infer("inference", [one], outputs=[wanted])
        (output,) = result.get_response()["outputs"]
        assert ("data" in output) == binary
        assert result.as_numpy("tensor").tolist() == [1.5, 2.5]
    client.close()


def test_errors_have_the_protocols_form_and_ours(served: tuple[Server, int]) -> None:
    with served[0].client() as client:
        answer = client.post(url(served[0]), content=b"{")
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
        problem = answer.json()
        assert problem["error"].startswith("the inference request is not JSON")
        assert problem["code"] == "malformed_json"
        assert problem["request_id"] == answer.headers["x-request-id"]
        answer = client.get(url(served[0]))
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert answer.json()["error"] == "GET is not allowed here; allowed: POST"


@pytest.mark.parametrize("kind", ["unix", "tcp", "plain"])
def test_a_handler_may_write_to_its_argument(tmp_path: Path, kind: str) -> None:
    values = np.arange(100_000, dtype="f8")
    head = (
        b'{"inputs":[{"name":"x","datatype":"FP64","shape":[%d],'
        b'"parameters":{"binary_data_size":%d}}],"parameters":{"binary_data_output":true}}'
    )
    told = {"HANDLER": "inference:doubled", "SERVICE": "inference"}
    with serve(tmp_path, "doubled", kind=kind, **told) as server:
        for array in (values[:10], values):
            text = head % (array.size, array.nbytes)
            headers = {"inference-header-content-length": str(len(text))}
            with server.client() as client:
                answer = client.post(url(server), content=text + array.tobytes(), headers=headers)
            assert answer.status_code == 200, answer.text
            told = int(answer.headers["inference-header-content-length"])
            assert answer.content[told:] == (array * 2).tobytes()
