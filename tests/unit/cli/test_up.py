"""What `lading up` says before it does anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lading.cli.main import cli
from lading.errors import SettingsError

SETTINGS = """\
app: shop
services:
  digits: {source: service, handler: "digits:predict"}
"""
NO_SOURCE = (
    "lading.yaml:3: services.digits.source: expected a folder service, got nothing there; "
    "`lading up --no-build` runs what was pulled, without the source"
)
NO_MODULE = (
    "lading.yaml:3: services.digits.handler: no such module: expected a file service/digits.py"
)


@pytest.mark.parametrize(("is_there", "said"), [(False, NO_SOURCE), (True, NO_MODULE)])
def test_who_has_no_source_is_told_how_to_run_what_was_pulled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool, said: str
) -> None:
    (tmp_path / "lading.yaml").write_text(SETTINGS)
    if is_there:
        (tmp_path / "service").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LADING_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(cli, ["up", "-d"], standalone_mode=False)
    assert isinstance(done.exception, SettingsError), done.output
    assert str(done.exception) == said
