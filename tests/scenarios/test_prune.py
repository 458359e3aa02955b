"""Pruning beside an app that runs: what it needs stays, all else goes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.controller.place import Place
from lading.state.folders import Folders
from tests.scenarios.conftest import HOME, SETTINGS, App, free_port, until

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder, home = tmp_path_factory.mktemp("pruned"), tmp_path_factory.mktemp("home")
    # Downloads are everybody's.
    (HOME / "cache").mkdir(parents=True, exist_ok=True)
    (home / "cache").symlink_to(HOME / "cache")
    shutil.copy(Path(__file__).with_name("probe") / "probe.py", folder)
    # Pruning another's home would take images from other tests.
    made = App(folder, free_port(), {"LADING_HOME": str(home)})
    made.settings.write_text(SETTINGS.format(name="pruned", port=made.port))
    made.ok("lock")
    yield made
    made.lading("down")


def version(app: App, number: int) -> None:
    """Bring it up, saying another number."""
    app.change(f"VERSION = {number - 1}", f"VERSION = {number}", "probe.py")
    app.up()


def test_what_runs_and_the_newest_revisions_stay(app: App) -> None:
    app.up()
    for number in (2, 3):
        version(app, number)
    before = app.replica()
    planned = app.json("prune", "--keep", "2", "--dry-run", "--json")
    assert [one["reasons"] for one in planned["kept"]] == [
        ["is pruned/probe revision 2"],
        ["is pruned/probe:latest", "is wanted as pruned/probe revision 3", reason(app)],
    ]
    assert len(planned["removed"]) == 1
    assert app.json("prune", "--keep", "2", "--json") == planned
    assert app.ok("prune", "--keep", "2").endswith(
        "nothing to remove: all that is there is needed\n"
    )
    assert app.replica()["pid"] == before["pid"]
    assert app.ask("echo", text="there") == "3:there"
    assert f"{planned['removed'][0]['digest'][7:19]}" not in app.ok("images", "--all")


def reason(app: App) -> str:
    place = Place(app.folder, Folders.of_user(app.environ))
    return f"is in the container {place.app}.probe.3.0"


def test_a_container_that_is_killed_comes_back_after_pruning(app: App) -> None:
    app.ok("prune", "--keep", "1")
    before = app.replica()
    subprocess.run(["kill", "-9", str(before["pid"])], check=True)
    until(lambda: app.replica()["pid"] not in (None, before["pid"]))
    until(lambda: app.replica()["state"] == "ready")
    assert app.ask("echo", text="again") == "3:again"


def test_an_app_that_is_down_keeps_what_it_goes_back_to(app: App) -> None:
    app.ok("down")
    app.ok("prune", "--keep", "1")
    assert "1 image(s)" in app.ok("build")
    app.up()
    assert app.ask("echo", text="up") == "3:up"


def test_forgetting_an_app_takes_its_image_unless_a_revision_needs_it(app: App) -> None:
    said = app.refused("prune", "--forget", "elsewhere", code=2)
    assert said == (
        "lading: --forget elsewhere: names no image; `lading images --all` shows what there is\n"
    )
    app.ok("prune", "--forget", "pruned")
    assert app.ask("echo", text="still") == "3:still"
    assert "pruned/probe:latest" not in app.ok("prune", "--all")
