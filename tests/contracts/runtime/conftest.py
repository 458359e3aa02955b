"""A server with many kinds of arguments, over every way to listen."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.contracts.runtime.serving import Server, serve


@pytest.fixture(scope="module", params=["unix", "tcp", "plain"])
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("reader")
    with serve(folder, "Reader", kind=request.param, MAX_BODY="100000") as server:
        yield server


@pytest.fixture
def client(reader: Server) -> Iterator[httpx.Client]:
    with reader.client() as opened:
        yield opened
