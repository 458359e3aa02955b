from __future__ import annotations

from pathlib import Path

import pytest

from lading_runtime import secret_files
from lading_runtime.configuration import ConfigurationError


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
