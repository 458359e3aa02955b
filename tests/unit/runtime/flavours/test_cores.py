from __future__ import annotations

import os
from pathlib import Path

import pytest

from lading_runtime.flavours import cores


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Eight cores, and cgroup files that lie in `tmp_path`."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    files = ((str(tmp_path / "cpu.max"), None), (str(tmp_path / "quota"), str(tmp_path / "period")))
    monkeypatch.setattr(cores, "_QUOTA_FILES", files)
    monkeypatch.delenv("LADING_WORKERS", raising=False)


def test_all_cores_where_there_is_no_quota(tmp_path: Path) -> None:
    assert cores.threads() == 8
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert cores.threads() == 8


@pytest.mark.parametrize(("quota", "wanted"), [(250_000, 2), (50_000, 1), (900_000, 8)])
def test_the_quota_bounds_them_on_both_cgroup_versions(
    tmp_path: Path, quota: int, wanted: int
) -> None:
    (tmp_path / "cpu.max").write_text(f"{quota} 100000\n")
    assert cores.threads() == wanted
    (tmp_path / "cpu.max").unlink()
    (tmp_path / "quota").write_text(f"{quota}\n")
    (tmp_path / "period").write_text("100000\n")
    assert cores.threads() == wanted


def test_workers_share_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LADING_WORKERS", "3")
    assert cores.threads() == 2
    monkeypatch.setenv("LADING_WORKERS", "20")
    assert cores.threads() == 1
