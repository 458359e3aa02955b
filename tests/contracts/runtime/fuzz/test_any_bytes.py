"""Whatever bytes come, the runtime refuses them in words: sought by a coverage-guided fuzzer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.runtime.fuzz.seeds import SEEDS
from tests.contracts.runtime.serving import SOURCES

pytest.importorskip("atheris", reason="atheris has no wheel for this system")

HARNESS = Path(__file__).with_name("harness.py")
MOST_RUNS = 30_000
MOST_SECONDS = 3
"""Of each target, whichever is over first."""


def fuzz(target: str, folder: Path) -> subprocess.CompletedProcess[str]:
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(SEEDS[target]):
        (corpus / str(number)).write_bytes(seed)
    options = [f"-runs={MOST_RUNS}", f"-max_total_time={MOST_SECONDS}", "-max_len=2048"]
    options += ["-seed=1", "-timeout=10", "-rss_limit_mb=1024", f"-artifact_prefix={folder}/"]
    return subprocess.run(
        [sys.executable, str(HARNESS), target, *options, str(corpus)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


@pytest.mark.parametrize("target", [x for x in SEEDS if x != "planted"])
def test_nothing_but_a_problem_is_raised(target: str, tmp_path: Path) -> None:
    done = fuzz(target, tmp_path)
    found = [x.read_bytes() for x in tmp_path.glob("*-*") if x.is_file()]
    assert done.returncode == 0, f"{found}\n{done.stdout}\n{done.stderr[-4000:]}"
    ran = re.search(r"Done (\d+) runs", done.stderr)
    assert ran and int(ran.group(1)) > 500, done.stderr[-2000:]


def test_a_mistake_is_found(tmp_path: Path) -> None:
    done = fuzz("planted", tmp_path)
    assert done.returncode != 0
    assert "KeyError" in done.stdout + done.stderr
