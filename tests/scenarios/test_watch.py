"""`lading up --watch`: what is saved is answered by, and nothing else is touched."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.load import Load
from tests.scenarios.conftest import HOME, LADING, App, until

SETTINGS = """\
app: watched
services:
  one: {{source: one, handler: "h:predict", ignore: [notes.txt], resources: {{memory: 128Mi}}}}
  two: {{source: two, handler: "h:predict", resources: {{memory: 128Mi}}}}
  three: {{source: three, handler: "h:predict", resources: {{memory: 128Mi}}}}
gateway: {{port: {port}}}
"""
HANDLER = "VERSION = 1\n\n\ndef predict() -> int:\n    return VERSION\n"
BEGUN_WITH = {"one": HANDLER, "two": HANDLER, "three": HANDLER + "\nimport nowhere\n"}


@dataclass
class Watching:
    """A running `lading up --watch`."""

    app: App
    shown: Path
    process: subprocess.Popen[bytes]

    def says(self, text: str, seconds: float = 30.0) -> str:
        """The first line with that in it, after the one that was found before."""
        found: list[tuple[int, str]] = []

        def look() -> bool:
            lines = list(enumerate(self.shown.read_text().splitlines()))
            found[:] = [one for one in lines[self.seen :] if re.search(text, one[1])]
            assert self.process.poll() is None, self.shown.read_text()
            return bool(found)

        try:
            until(look, seconds)
        except AssertionError:
            raise AssertionError(f"{text}\nin\n{self.shown.read_text()}") from None
        self.seen = found[0][0] + 1
        return found[0][1]

    seen: int = 0

    def save(self, file: str, text: str) -> None:
        (self.app.folder / file).write_text(text)

    def answer(self, service: str) -> Any:
        return httpx.post(self.app.url(service), json={}, trust_env=False, timeout=30).json()

    def replica(self, service: str) -> dict[str, Any]:
        return self.app.replica(service)


@pytest.fixture(scope="module")
def watching(
    make_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watching]:
    """One for all of these: each goes on where the one before left it."""
    app = make_app("watched")
    app.settings.write_text(SETTINGS.format(port=app.port))
    for name, handler in BEGUN_WITH.items():
        (app.folder / name).mkdir()
        (app.folder / name / "h.py").write_text(handler)
    app.ok("lock")
    shown = tmp_path_factory.mktemp("shown") / "lines"
    with shown.open("wb") as output:
        process = subprocess.Popen(
            [LADING, "up", "--watch"],
            cwd=app.folder,
            env={**os.environ, "LADING_HOME": str(HOME)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    made = Watching(app, shown, process)
    made.says("Ctrl-C stops it", 90)
    yield made
    process.kill()
    process.wait()


def test_what_did_not_start_at_first_comes_with_its_next_save(watching: Watching) -> None:
    shown = watching.shown.read_text()
    assert shown.count("services.three: revision 1 does not start: exit code 3") == 1
    assert "lading: watched is up without three; " in shown
    assert (watching.answer("one"), watching.answer("two")) == (1, 1)
    watching.save("three/h.py", HANDLER)
    watching.says("three/h.py saved: three: revision 2, ")
    assert watching.answer("three") == 1
    assert watching.shown.read_text().count("does not start") == 1


def test_a_save_replaces_the_service_it_is_part_of_and_nothing_else(watching: Watching) -> None:
    before = watching.replica("two")
    with Load(watching.app.url("one"), body=b"{}", requests_a_second=50) as load:
        watching.save("one/h.py", HANDLER.replace("= 1", "= 2"))
        line = watching.says("saved")
    assert re.fullmatch(r"one/h\.py saved: one: revision 2, answering after \d+\.\d s", line), line
    assert load.failures == []
    assert watching.answer("one") == 2
    assert watching.replica("two")["pid"] == before["pid"]


def test_a_file_that_is_in_no_image_is_not_heard_of(watching: Watching) -> None:
    watching.save("one/notes.txt", "to be done")
    watching.save("elsewhere.txt", "to be done")
    watching.save("one/4913", "")
    (watching.app.folder / "one" / "4913").unlink()
    # Moved over the other, as editors do.
    watching.save("two/.h.py.swp", HANDLER.replace("= 1", "= 2"))
    (watching.app.folder / "two/.h.py.swp").replace(watching.app.folder / "two/h.py")
    assert watching.says("saved").startswith("two/h.py saved: two: revision 2, ")
    assert watching.replica("one")["revision"] == 2


def test_a_mistake_is_shown_with_its_line_and_the_next_save_mends_it(watching: Watching) -> None:
    watching.save("one/h.py", HANDLER + "\n\ndef broken(:\n")
    line = watching.says("invalid syntax")
    assert line.startswith("lading: one: ")
    assert "one/h.py:8: " in line
    assert line.endswith("; what runs of it goes on")
    assert "saved" not in watching.shown.read_text().rpartition(line)[2]
    assert watching.answer("one") == 2
    watching.save("one/h.py", HANDLER.replace("= 1", "= 3"))
    watching.says("saved: one: revision 3, ")
    assert watching.answer("one") == 3


def test_an_app_above_does_not_take_the_place_of_one_without_settings(watching: Watching) -> None:
    app = watching.app
    above = app.folder.parent / "lading.yaml"
    above.write_text("app: above\nservices:\n  x: {source: ., handler: 'h:predict'}\n")
    text = app.settings.read_text()
    try:
        app.settings.unlink()
        watching.says("lading: .*: no lading.yaml any more; what runs goes on without it")
    finally:
        above.unlink()
        app.settings.write_text(text)
    watching.says("lading.yaml saved: nothing changes")
    assert watching.answer("one") == 3


def test_a_revision_that_does_not_start_leaves_the_one_before(watching: Watching) -> None:
    watching.save("one/h.py", HANDLER + "\nimport nowhere\n")
    watching.save("two/h.py", HANDLER.replace("= 1", "= 3"))
    line = watching.says("does not start")
    assert "services.one: revision 4 does not start: exit code 3" in line
    assert "the revision before it goes on answering" in line
    # What was saved with it is none the worse for it.
    watching.says("one/h.py and 1 more saved: two: revision 3, ")
    assert (watching.answer("one"), watching.answer("two")) == (3, 3)
    watching.save("two/h.py", HANDLER.replace("= 1", "= 4"))
    watching.says("two/h.py saved: two: revision 4, ")
    watching.save("one/h.py", HANDLER.replace("= 1", "= 5"))
    watching.says("saved: one: revision 5, ")
    assert watching.answer("one") == 5


def test_the_newest_of_saves_in_a_row_wins_and_none_piles_up(watching: Watching) -> None:
    pid = watching.replica("two")["pid"]
    for _ in range(3):
        slow = f"import time  # {time.time()}\ntime.sleep(600)\n"
        watching.save("one/h.py", slow + HANDLER)
        time.sleep(0.8)
    watching.save("one/h.py", HANDLER.replace("= 1", "= 6"))
    watching.says("saved: one: revision")
    assert watching.answer("one") == 6
    until(lambda: len(watching.app.json("ps")["services"][0]["replicas"]) == 1)
    assert watching.replica("two")["pid"] == pid


def test_many_files_at_once_are_one_revision(watching: Watching) -> None:
    before = watching.replica("one")["revision"]
    folder = watching.app.folder / "one" / "tables"
    folder.mkdir()
    for number in range(200):
        (folder / f"t{number}.py").write_text(f"VALUE = {number}\n")
    watching.save("one/h.py", "from tables.t199 import VALUE as VERSION\n" + HANDLER[13:])
    watching.says("saved: one: revision")
    until(lambda: bool(watching.answer("one") == 199))
    # A folder that is new is looked through once more when it is watched itself.
    assert watching.replica("one")["revision"] <= before + 2
    watching.save("one/tables/t199.py", "VALUE = 7\n")
    watching.says("one/tables/t199.py saved: one: revision")
    assert watching.answer("one") == 7


def test_a_file_that_an_editor_wrote_elsewhere_first_is_named_by_its_own_name(
    watching: Watching,
) -> None:
    subprocess.run(["sed", "-i", "1i # seen", watching.app.folder / "two/h.py"], check=True)
    watching.says("^two/h.py saved: two: revision")


def test_a_source_folder_that_is_gone_is_told_of_once(watching: Watching) -> None:
    folder = watching.app.folder
    (folder / "two").rename(folder / "away")
    line = watching.says("lading: .*two.*; what runs of it goes on|lading: .*two")
    time.sleep(1.5)
    assert watching.shown.read_text().count(line) == 1
    (folder / "away").rename(folder / "two")
    watching.says("saved")


def test_settings_and_requirements_are_taken_up_and_their_mistakes_told(
    watching: Watching,
) -> None:
    good = watching.app.settings.read_text()
    watching.save("lading.yaml", good.replace("handler", "hander", 1))
    assert "lading.yaml:3: services.one.hander" in watching.says("lading: ")
    assert watching.answer("one") == 7
    watching.save("lading.yaml", good.replace("128Mi", "192Mi", 1))
    watching.says("lading.yaml saved: one: revision")
    assert watching.shown.read_text().count("services.one.hander") == 1
    # The one before is told of until it has stopped.
    until(lambda: watching.replica("one")["memory_limit_bytes"] == 192 * 1024**2)
    watching.save("two/requirements.txt", "iniconfig==2.0.0\n")
    watching.says("lading.lock is out of date for two: .*: locking anew")
    watching.says("two/requirements.txt saved: two: revision", 60)
    assert "iniconfig" in (watching.app.folder / "lading.lock").read_text()


def test_ctrl_c_stops_the_app(watching: Watching) -> None:
    watching.process.send_signal(signal.SIGINT)
    assert watching.process.wait(30) == 0
    assert watching.shown.read_text().endswith("stopping\nwatched is down\n")
    assert "the app is not up" in watching.app.refused("ps")
