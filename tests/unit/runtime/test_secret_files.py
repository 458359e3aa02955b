from __future__ import annotations

import subprocess
import time
from pathlib import Path
from types import MethodType

import pytest

from lading_runtime import secret_files
from lading_runtime.configuration import Configuration, ConfigurationError
from lading_runtime.workers.nursery import Nursery


def test_what_is_named_becomes_a_variable_and_nothing_else_does(tmp_path: Path) -> None:
    (tmp_path / "API_KEY").write_bytes("v\u00e4lue".encode())
    (tmp_path / "BINARY").write_bytes(b"a\0b")
    (tmp_path / "UNNAMED").write_bytes(b"x")
    environ = {"LADING_SECRETS": "API_KEY BINARY"}
    secret_files.take(environ, str(tmp_path))
    assert environ == {"LADING_SECRETS": "API_KEY BINARY", "API_KEY": "v\u00e4lue"}


def test_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        secret_files.take({"LADING_SECRETS": "API_KEY"}, str(tmp_path))
    assert str(caught.value) == f"LADING_SECRETS: {tmp_path}/API_KEY: No such file or directory"


def test_nothing_is_looked_for_where_nothing_is_named() -> None:
    environ: dict[str, str] = {}
    secret_files.take(environ, "/nowhere")
    assert environ == {}


def test_what_would_keep_every_program_from_being_started_stays_a_file_alone(
    tmp_path: Path,
) -> None:
    longest = 128 * 1024 - len("LONG=") - 1
    for size in (longest, longest + 1):
        (tmp_path / "LONG").write_bytes(b"x" * size)
        environ = {"LADING_SECRETS": "LONG"}
        secret_files.take(environ, str(tmp_path))
        assert ("LONG" in environ) is (size == longest)
        assert subprocess.run(["true"], env=environ, check=False).returncode == 0


def test_a_nursery_is_started_without_them_and_takes_them_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LADING_SECRETS", "API_KEY")
    monkeypatch.setenv("API_KEY", "value")
    nursery = Nursery(Configuration(handler="m:h", service="s"))
    channel = nursery.open()
    ended = nursery._wait
    assert isinstance(ended, MethodType)
    environ = Path(f"/proc/{ended.__self__.pid}/environ")
    deadline = time.monotonic() + 10
    # Empty while the program is being exchanged for another.
    while not (said := environ.read_bytes().split(b"\0"))[0] and time.monotonic() < deadline:
        time.sleep(0.01)
    channel.close()
    nursery.wait()
    assert b"LADING_SECRETS=API_KEY" in said
    assert b"API_KEY=value" not in said
