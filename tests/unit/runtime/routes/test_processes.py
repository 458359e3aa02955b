"""What /proc tells of real processes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lading_runtime.routes import processes

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


def test_this_process_is_told_whole() -> None:
    values = processes.read()
    assert values.keys() == processes.FAMILIES.keys()
    resident = values["process_resident_memory_bytes"]
    assert 1e6 < resident < values["process_virtual_memory_bytes"]
    assert 0 < values["process_start_time_seconds"] <= time.time() + 1


def test_time_on_processors_rises_with_work() -> None:
    before = processes.read()["process_cpu_seconds_total"]
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    assert 0.03 < processes.read()["process_cpu_seconds_total"] - before < 5


def test_open_files_are_counted(tmp_path: Path) -> None:
    before = processes.read()["process_open_fds"]
    with (tmp_path / "file").open("w"):
        assert processes.read()["process_open_fds"] == before + 1
    assert processes.read()["process_open_fds"] == before


def test_another_process_is_told_while_it_runs() -> None:
    code = "import sys; sys.stdout.write('up'); sys.stdout.flush(); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None and child.stdout.read(2) == b"up"
        started = processes.read(child.pid)["process_start_time_seconds"]
        assert abs(started - time.time()) < 60
        child.communicate()
    assert processes.read(child.pid) == {}
