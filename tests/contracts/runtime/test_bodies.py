"""Raw bodies and results through a whole server: arrays, tables, and who prefers what."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pytest

from tests.contracts.runtime.serving import serve

NPY = "application/x-npy"
ARROW = "application/vnd.apache.arrow.stream"


def saved(array: np.ndarray) -> bytes:
    written = io.BytesIO()
    np.save(written, array, allow_pickle=False)
    return written.getvalue()


def posted(client: httpx.Client, body: bytes, kind: str, accept: str = "*/*") -> httpx.Response:
    return client.post("/predict", content=body, headers={"content-type": kind, "accept": accept})


@pytest.mark.parametrize("count", [3, 250_000])
def test_an_array_comes_and_goes_small_and_large_and_may_be_written_to(
    tmp_path: Path, count: int
) -> None:
    sent = np.arange(count, dtype=np.float32)
    with serve(tmp_path, "shapes:Sums") as server, server.client() as client:
        for _ in range(2):  # what was written into one body is no other's
            answer = posted(client, saved(sent), NPY, NPY)
            assert answer.headers["content-type"] == NPY
            assert np.array_equal(np.load(io.BytesIO(answer.content)), sent + 1)
        answer = posted(client, saved(sent[:2]), NPY)
        assert answer.json() == [1.0, 2.0]
        wrong = posted(client, b"", "application/octet-stream")
        assert wrong.status_code == 415
        assert NPY in wrong.headers["accept"]


def test_arrays_are_gathered_and_each_caller_gets_its_own(tmp_path: Path) -> None:
    with serve(tmp_path, "shapes:Stacked") as server, server.client() as client:
        for row in ([1, 2], [1, 2, 3]):
            assert client.post("/predict", json={"row": row}).json() == sum(row)
        wrong = client.post("/predict", json={"rows": [1]}).json()
        assert wrong["errors"][0] == {
            "field": "rows",
            "expected": "'row'",
            "came": "an unknown argument",
        }


def test_a_table_comes_and_goes(tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2], "b": [10, 20]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    with serve(tmp_path, "shapes:frame") as server, server.client() as client:
        answer = posted(client, sink.getvalue().to_pybytes(), ARROW, ARROW)
        assert answer.headers["content-type"] == ARROW
        assert pa.ipc.open_stream(answer.content).read_all()["total"].to_pylist() == [11, 22]
        rows = [{"a": 1, "b": 2}]
        assert client.post("/predict", json={"rows": rows}).json() == [{"a": 1, "b": 2, "total": 3}]
