"""A virtual environment for each server, made by uv and kept below `.tools/bench`."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from bench.programs import ROOT, MeasurementError, call, say

SERVERS = Path(__file__).with_name("servers")
PYTHON = "/usr/bin/python3.11"
"""Debian's: the one that NVIDIA's worker is linked to, and so the same for all."""

_FOLDER = ROOT / ".tools" / "bench" / "venvs"
_UV = ROOT / ".tools" / "uv"
_EVERYWHERE = ("scikit-learn==1.5.2", "joblib==1.4.2")
_NOT_KEPT = ("LADING_", "PYTHON", "BENCH_", "VIRTUAL_ENV")


def make(name: str, packages: tuple[str, ...]) -> Path:
    """The folder of an environment with these packages and both models, made unless it is there.

    Raises MeasurementError, as where a package cannot be installed.
    """
    folder = _FOLDER / name
    wanted = hashlib.sha256(
        "\n".join((PYTHON, *_EVERYWHERE, *packages, (SERVERS / "train.py").read_text())).encode()
    ).hexdigest()
    stamp = folder / "made"
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    say(f"making the environment of {name}")
    shutil.rmtree(folder, ignore_errors=True)
    _install(folder, packages)
    models = folder / "models"
    models.mkdir()
    call(python(folder), SERVERS / "train.py", models, env=variables())
    stamp.write_text(wanted)
    return folder


def python(folder: Path) -> Path:
    """An environment's interpreter."""
    return folder / "bin" / "python"


def versions(folder: Path) -> dict[str, str]:
    """Version by name of everything in an environment."""
    asked = call(_UV, "pip", "freeze", "--python", python(folder), env=variables())
    pairs = (line.split("==") for line in asked.splitlines() if "==" in line)
    return {name.lower(): version for name, version in pairs}


def variables() -> dict[str, str]:
    """Our own environment without what would change how a server runs."""
    return {name: x for name, x in os.environ.items() if not name.startswith(_NOT_KEPT)}


def _install(folder: Path, packages: tuple[str, ...]) -> None:
    if not Path(PYTHON).exists():
        raise MeasurementError(f"{PYTHON} is not here; apt-get install python3.11")
    own = variables() | {"UV_PYTHON_DOWNLOADS": "never"}
    call(_UV, "venv", "--python", PYTHON, folder, env=own)
    call(
        _UV, "pip", "install", "--python", python(folder), "--compile-bytecode",
        *_EVERYWHERE, *packages, env=own,
    )  # fmt: skip
