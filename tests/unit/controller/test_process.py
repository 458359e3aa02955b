"""What a controller is started with."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.controller import process
from lading.controller.place import Place
from lading.state.folders import Folders


def test_a_controller_is_told_no_secret_that_its_containers_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = Place(tmp_path, Folders(tmp_path / "data", tmp_path / "cache", tmp_path / "run"))
    monkeypatch.setenv("API_KEY", "value")
    monkeypatch.setenv("OTHER", "x")
    assert {"API_KEY", "OTHER"} <= process._environment(at).keys()
    (at.secrets / "ocr").mkdir(parents=True)
    (at.secrets / "ocr/API_KEY").write_text("value")
    told = process._environment(at)
    assert "API_KEY" not in told
    assert told["OTHER"] == "x"
