from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.building.debian.tiny_archive import TinyArchive, served


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyArchive]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "LADING_DEBIAN_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "archive"
    root.mkdir()
    with served(root) as (url, asked):
        yield TinyArchive(root, url, asked=asked)
