from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lading.building.recipe import Environment, Recipe
from lading.engines.engine import Workload
from lading.engines.memory import Behaviour, Memory
from lading.oci import Digest
from lading.pipelines.run import run
from lading.pipelines.step import Step


def test_what_a_killed_run_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = f"app-0a1b2c.step.train.{ended.pid}-0f3c"
    others = [
        f"app-0a1b2c.step.train.{os.getpid()}-0f3c",
        f"other-0a1b2c.step.train.{ended.pid}-0f3c",
        f"app-0a1b2c.step.1.{ended.pid}",
    ]
    engine = Memory(behave=lambda workload: Behaviour(0 if workload.command else None))
    for name in (left, *others):
        engine.apply(Workload(name, Digest.of(b"")))
    environment = Environment("train", "3.11", None)
    recipe = Recipe("app", "train", environment, tmp_path, command=("x",))
    run("app-0a1b2c", Step("train", recipe), Digest.of(b""), engine, lambda line: None)
    assert engine.names() == sorted(others)
