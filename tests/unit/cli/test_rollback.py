"""What a rollback goes by where nothing can be asked any more."""

from __future__ import annotations

from pathlib import Path

from lading.cli.rollback import _engine
from lading.controller.place import Place
from lading.engines import select
from lading.engines.select import Chosen
from lading.state.folders import Folders


def test_an_app_starts_on_what_it_is_on_or_was_on_when_it_went_down(tmp_path: Path) -> None:
    at = Place(tmp_path, Folders.of_user({"LADING_HOME": str(tmp_path / "home")}))
    assert _engine(at, None) == "embedded"
    select.remember(at.engine_before_file, Chosen("docker", "unix:///d.sock"))
    assert _engine(at, None) == "docker"
    select.remember(at.engine_file, Chosen())
    assert _engine(at, None) == "embedded"
