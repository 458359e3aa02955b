"""Where images are made again: what of this machine's is taken, and that it is as it was after."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lading.building.comparing.rebuild import bench
from lading.progress import Silent
from lading.stores.layout import Layout


@pytest.mark.parametrize("before", [None, "elsewhere"])
def test_uv_fetches_anew_or_asks_no_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    for name in ("UV_CACHE_DIR", "UV_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    if before:
        monkeypatch.setenv("UV_CACHE_DIR", before)
    originals = Layout(tmp_path / "store")
    with bench(originals, tmp_path / "cache", Silent(), fetch=True) as at:
        assert os.environ["UV_CACHE_DIR"] == str(at.cache / "uv")
        assert "UV_OFFLINE" not in os.environ
    with bench(originals, tmp_path / "cache", Silent(), fetch=False):
        assert os.environ.get("UV_CACHE_DIR") == before
        assert os.environ["UV_OFFLINE"] == "1"
    assert (os.environ.get("UV_CACHE_DIR"), os.environ.get("UV_OFFLINE")) == (before, None)


def test_downloads_are_shared_and_nothing_else_of_the_cache(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / "layers").mkdir(parents=True)
    with bench(Layout(tmp_path / "store"), cache, Silent(), fetch=False) as at:
        (at.cache / "debs" / "a").write_bytes(b"a download")
        folder = at.cache
        assert sorted(one.name for one in at.cache.iterdir()) == ["debs", "sources", "wheels"]
    assert (cache / "debs" / "a").read_bytes() == b"a download"
    assert not folder.exists()
