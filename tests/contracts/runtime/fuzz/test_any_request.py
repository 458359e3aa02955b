"""What OpenAPI says of a service is true: requests are made from it, and answers checked by it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contracts.runtime.serving import Server, serve

FORM, JSON = "multipart/form-data", "application/json"
SERVED = {"SOURCE": str(Path(__file__).parent), "SERVICE": "described"}
MOST_SECONDS = (5, 20)
"""Longer where a busy machine makes hardly any request in the first."""
LOOSER = "positive_data_acceptance"
"""Is not asked: a whole number may not be written as 1.0, which JSON Schema cannot say."""
UNTYPED = f"{LOOSER},negative_data_rejection"
"""Nor is, of forms: any field is text, whatever type it was made from."""


def run(
    server: Server, media_type: str, folder: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    """Bodies of one type, in a run of schemathesis of its own."""
    base = f"http://127.0.0.1:{server.port}"
    document = described(f"{base}/described/openapi.json")
    content = document["paths"]["/described/predict"]["post"]["requestBody"]["content"]
    for other in set(content) - {media_type}:
        del content[other]
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(path), "--url", base]
    command += ["--checks", "all", "--seed", "1", "--no-shrink", "--no-color", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def described(url: str) -> dict[str, Any]:
    """The document, which a worker that has just become ready is still writing."""
    deadline = time.monotonic() + 10
    while (answer := httpx.get(url)).status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.01)
    return dict(answer.raise_for_status().json())


@pytest.mark.parametrize(
    ("attribute", "media_type", "unasked"),
    [("read", JSON, LOOSER), ("read", FORM, UNTYPED), ("measure", FORM, UNTYPED)],
    ids=["JSON", "form", "form of files"],
)
def test_every_answer_is_as_described(
    attribute: str, media_type: str, unasked: str, tmp_path: Path
) -> None:
    given = {**SERVED, "HANDLER": f"described:{attribute}"}
    with serve(tmp_path, attribute, kind="tcp", **given) as server:
        for seconds in MOST_SECONDS:
            bounds = ["--max-examples", "50", "--max-time", str(seconds)]
            done = run(server, media_type, tmp_path, *bounds, "--exclude-checks", unasked)
            made = re.search(r"(\d+) generated", done.stdout)
            if done.returncode or (made and int(made[1]) > 50):
                break
        assert done.returncode == 0, done.stdout + done.stderr
        made = re.search(r"(\d+) generated, \d+ passed", done.stdout)
        assert made and int(made[1]) > 50, done.stdout
        assert '"level":"error"' not in server.log()
        assert server.stop() == 0


def test_an_answer_that_is_not_as_described_is_found(tmp_path: Path) -> None:
    given = {**SERVED, "HANDLER": "described:lie"}
    with serve(tmp_path, "lie", kind="tcp", **given) as server:
        done = run(server, JSON, tmp_path, "--phases", "fuzzing", "--max-examples", "5")
        assert done.returncode == 1
        assert "violates schema" in done.stdout
