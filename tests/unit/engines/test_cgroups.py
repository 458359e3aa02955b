from __future__ import annotations

from pathlib import Path

import pytest

from lading.engines.embedded import cgroups
from lading.engines.engine import Limits

UID = 1000
ORDINARY = {"root": False, "uid": UID}


@pytest.fixture
def closed(monkeypatch):
    """As an ordinary user sees it: only what `opened` has is theirs to write."""
    opened: set[Path] = set()
    monkeypatch.setattr(
        cgroups.os, "access", lambda path, mode: Path(path) in opened or Path(path).parent in opened
    )
    return opened


def first(sysfs: Path, *controllers: str) -> Path:
    for controller in controllers:
        (sysfs / controller).mkdir(parents=True)
    (sysfs / "unified").mkdir()
    return sysfs


def second(sysfs: Path, *groups: str) -> Path:
    for group in ("", *groups):
        (sysfs / group).mkdir(parents=True, exist_ok=True)
        (sysfs / group / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    return sysfs


def test_root_has_its_groups_made_by_the_runtime(tmp_path):
    found = cgroups.detect(True, 0, first(tmp_path, "memory", "cpu", "pids"), "4:memory:/x\n0::/\n")
    assert (found.version, found.by_runtime, found.unenforced) == (1, True, ())
    assert found.groups("key")["memory"] == tmp_path / "memory/lading/key"


def test_root_on_version_2_has_one_folder_for_all(tmp_path):
    found = cgroups.detect(True, 0, second(tmp_path), "0::/init.scope\n")
    assert (found.version, found.by_runtime, found.unenforced) == (2, True, ())
    assert set(found.groups("key").values()) == {tmp_path / "lading/key"}


def test_a_missing_controller_is_said(tmp_path):
    found = cgroups.detect(True, 0, first(tmp_path, "cpu", "pids"), "0::/\n")
    assert found.unenforced == ("memory",)


def test_a_hybrid_machine_delegates_by_folders_of_the_users(tmp_path, closed, monkeypatch):
    monkeypatch.setattr(cgroups, "_kernel", lambda: (6, 1))
    sysfs = first(tmp_path, "memory", "cpu", "pids")
    assert cgroups.detect(**ORDINARY, sysfs=sysfs, own="0::/\n").unenforced == ("memory", "cpu")
    closed |= {sysfs / "memory/lading-1000", sysfs / "pids/lading-1000"}
    found = cgroups.detect(**ORDINARY, sysfs=sysfs, own="0::/\n")
    assert (found.by_runtime, found.unenforced) == (False, ("cpu",))
    assert found.groups("k")["memory"] == sysfs / "memory/lading-1000/k"


def test_an_old_kernel_cannot_limit_processes_without_a_group(tmp_path, closed, monkeypatch):
    monkeypatch.setattr(cgroups, "_kernel", lambda: (5, 10))
    sysfs = first(tmp_path, "memory", "cpu", "pids")
    found = cgroups.detect(**ORDINARY, sysfs=sysfs, own="0::/\n")
    assert found.unenforced == ("memory", "cpu", "processes")


def test_version_2_takes_the_highest_group_that_is_the_users(tmp_path, closed):
    service = "user.slice/user-1000.slice/user@1000.service"
    sysfs = second(tmp_path, service, f"{service}/app.slice", f"{service}/app.slice/x.scope")
    for group in ("", "/app.slice", "/app.slice/x.scope"):
        closed.add(sysfs / f"{service}{group}")
    own = f"0::/{service}/app.slice/x.scope\n"
    found = cgroups.detect(**ORDINARY, sysfs=sysfs, own=own)
    assert (found.version, found.unenforced, found.prefix) == (2, (), ())
    assert found.groups("k")["pids"] == sysfs / service / "lading/k"


def test_version_2_never_divides_the_group_it_is_in(tmp_path, closed, monkeypatch):
    monkeypatch.setattr(cgroups, "_kernel", lambda: (5, 10))
    sysfs = second(tmp_path, "own")
    closed.add(sysfs / "own")
    found = cgroups.detect(**ORDINARY, sysfs=sysfs, own="0::/own\n")
    assert found.unenforced == ("memory", "cpu", "processes")


def test_limits_are_written_in_the_words_of_each_version(tmp_path):
    limits = Limits(cpu=0.5, memory_bytes=1024, processes=7)
    names = ("memory.max", "memory.swap.max", "cpu.max", "pids.max")
    for name in names:
        (tmp_path / name).touch()
    cgroups.limit(2, dict.fromkeys(("memory", "cpu", "pids"), tmp_path), limits)
    assert [(tmp_path / name).read_text() for name in names] == ["1024", "0", "50000 100000", "7"]
    names = ("memory.limit_in_bytes", "cpu.cfs_period_us", "cpu.cfs_quota_us")
    for name in names:
        (tmp_path / name).touch()
    cgroups.limit(1, dict.fromkeys(("memory", "cpu", "pids"), tmp_path), limits)
    assert [(tmp_path / name).read_text() for name in names] == ["1024", "100000", "50000"]


@pytest.mark.parametrize("file", ["memory.events", "memory.oom_control"])
def test_both_versions_tell_of_a_kill(tmp_path, file):
    (tmp_path / file).write_text("under_oom 0\noom_kill 0\n")
    assert not cgroups.was_out_of_memory({"memory": tmp_path})
    (tmp_path / file).write_text("under_oom 0\noom_kill 2\n")
    assert cgroups.was_out_of_memory({"memory": tmp_path})
    assert not cgroups.was_out_of_memory({})


def test_the_command_that_delegates_is_told():
    assert cgroups.delegating(1000, 1, Path("/s")) == (
        "run: sudo mkdir -p /s/memory/lading-1000 /s/cpu/lading-1000 /s/pids/lading-1000 && "
        "sudo chown -R 1000 /s/memory/lading-1000 /s/cpu/lading-1000 /s/pids/lading-1000"
    )
    assert "Delegate=cpu memory pids" in cgroups.delegating(1000, 2)
