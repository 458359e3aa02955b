"""A server with many kinds of arguments, over every way to listen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from serving import Server, serve


@pytest.fixture(scope="module", params=["unix", "tcp", "plain"])
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("reader")
    with serve(folder, "Reader", kind=request.param, MAX_BODY="100000") as server:
        yield server


@pytest.fixture
def client(reader: Server) -> Iterator[httpx.Client]:
    with reader.client() as opened:
        yield opened
