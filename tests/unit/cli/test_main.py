"""What the command line itself says, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lading.cli.main import COMMANDS


def lading(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from lading.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_command(tmp_path: Path) -> None:
    shown = lading("--help", folder=tmp_path)
    assert shown.returncode == 0
    for name, text in COMMANDS.items():
        assert name in shown.stdout
        assert text.split()[0] in shown.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, tmp_path: Path) -> None:
    shown = lading(name, "--help", folder=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"Usage: lading {name} ")


def test_an_unknown_command_names_the_nearest(tmp_path: Path) -> None:
    shown = lading("biuld", folder=tmp_path)
    assert shown.returncode == 2
    assert "No such command 'biuld'. Did you mean 'build'?" in shown.stderr


@pytest.mark.parametrize("name", ["lock", "build", "up", "down", "ps", "logs", "trace"])
def test_outside_an_app_commands_say_so(name: str, tmp_path: Path) -> None:
    shown = lading(name, folder=tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert shown.stderr == "lading: no lading.yaml here or above; run `lading init`\n"


def test_help_imports_no_command(tmp_path: Path) -> None:
    code = (
        "import sys; from lading.cli.main import cli; cli.main(['--help'], standalone_mode=False);"
        "print([name for name in sys.modules if name.startswith('lading.')])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "['lading.cli', 'lading.errors', 'lading.cli.main']" in shown.stdout
