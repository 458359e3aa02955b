"""Builds of wheels as containers: run to their end, and nothing of them left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lading.building.wheels.making.workshop import OUT
from lading.engines.engine import Workload
from lading.engines.memory import Behaviour, Memory
from lading.oci import Digest
from lading.pipelines.workshop import ContainerWorkshop

IMAGE = Digest.of(b"")


def test_what_a_killed_build_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    built = Behaviour(0, files={f"{OUT}/one.whl": b"wheel"}, lines=(("stdout", "built"),))
    engine = Memory(behave=lambda workload: built)
    workshop = ContainerWorkshop(engine, "linux/amd64")
    worked = workshop.run("one", IMAGE, tmp_path / "out")
    assert (worked.exit_code, worked.log) == (0, ("built",))
    assert (tmp_path / "out/one.whl").read_bytes() == b"wheel"
    family = engine.applied[0].rpartition(".one.")[0]
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    others = [f"{family}.one.{os.getpid()}-0f3c", f"lading.wheel.0.one.{ended.pid}-0f3c"]
    for name in (f"{family}.one.{ended.pid}-0f3c", *others):
        engine.apply(Workload(name, IMAGE))
    workshop.run("one", IMAGE, tmp_path / "again")
    assert engine.names() == sorted(others)
