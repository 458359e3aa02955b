"""What ran when, what differs, and the way back: on one machine, and on two."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests import registries
from tests.databases import Line, line_to, postgresql
from tests.load import Load
from tests.scenarios.conftest import HOME, App, until

SETTINGS = """\
app: {name}
services:
  s: {{source: s, handler: "h:predict", resources: {{memory: 128Mi}}}}
gateway: {{port: {port}}}
"""
HANDLER = "def predict() -> int:\n    return {}\n"


def says(app: App, number: int) -> None:
    (app.folder / "s" / "h.py").write_text(HANDLER.format(number))


@pytest.fixture(scope="module")
def make(make_app: Callable[..., App]) -> Callable[..., App]:
    """An app that says 1, by a handler of two lines; more of lading.yaml may be given."""

    def made(name: str, more: str = "") -> App:
        app = make_app(name)
        (app.folder / "probe.py").unlink()
        (app.folder / "s").mkdir()
        app.settings.write_text(SETTINGS.format(name=name, port=app.port) + more)
        says(app, 1)
        app.ok("lock")
        return app

    return made


@pytest.fixture(scope="module")
def one(make: Callable[..., App]) -> App:
    """Revision 1 said 1, revision 2 says 2."""
    app = make("one")
    app.ok("up", "-d", "-m", "the first")
    says(app, 2)
    app.ok("up", "-d", "-m", "two is\n better")
    return app


def answer(app: App) -> object:
    return httpx.post(app.url("s"), json={}, timeout=60, trust_env=False).json()


def history(app: App) -> list[tuple[int, str, str]]:
    return [(x["revision"], x["state"], x["why"]) for x in app.json("history", "s")]


def test_history_tells_who_started_what_and_why(one: App) -> None:
    assert history(one) == [(2, "running", "two is better"), (1, "kept", "the first")]
    newest = one.json("history")[0]
    assert "@" in newest["who"]
    assert newest["ready_at"] > newest["created_at"]
    assert newest["bill"].startswith("sha256:")
    shown = one.ok("history", "-n", "1")
    assert "two is better" in shown
    assert shown.endswith("\n1 earlier; --all shows them\n")


def test_a_difference_names_files_and_lines(one: App) -> None:
    (found,) = one.json("diff", "s")["code"]
    assert (found["path"], found["added"], found["removed"]) == ("h.py", 1, 1)
    shown = one.ok("diff", "s", "1", "2", "--code").splitlines()
    assert shown[1:3] == ["code", "  ~ h.py  +1 −1"]
    assert shown[-2:] == ["-    return 1", "+    return 2"]
    assert "\nnothing differs\n" in one.ok("diff", "s", "2", "2")


def test_what_cannot_be_gone_back_to_is_refused(one: App) -> None:
    texts = {
        ("rollback", "s", "9"): "s has no such revision: expected 1 to 2, got 9; "
        "`lading history s` shows them",
        ("rollback", "t"): "the app has no service with revisions 't': expected one of s",
        ("diff", "s", "3"): "s has no such revision: expected 1 to 2, got 3; "
        "`lading history s` shows them",
    }
    texts["rollback", "s", "-m", "\udcff"] = (
        "-m: the message is not text: expected UTF-8, got '\\udcff'"
    )
    for words, text in texts.items():
        assert one.refused(*words, code=2) == f"lading: {text}\n"
    assert one.refused("rollback", "s", "0", code=2).endswith(
        "Error: Invalid value for '[REVISION]': expected the number of a revision, got '0'; "
        "`lading history` shows them\n"
    )


def test_going_back_to_what_runs_is_done_already(one: App) -> None:
    assert one.ok("rollback", "s", "2") == "revision 2 of s runs; there is nothing to do\n"
    assert len(history(one)) == 2


def test_a_rollback_needs_no_source_and_no_request_notices_it(one: App) -> None:
    settings, lock = one.settings.read_text(), one.folder / "lading.lock"
    one.settings.write_text("app: [broken")
    kept = lock.read_bytes()
    assert one.ok("rollback", "s", "--dry-run").endswith(
        "  ~ s  code: h.py\nthis was a dry run: nothing was done\n"
    )
    for gone in (lock, one.settings):
        gone.unlink()
    shutil.rmtree(one.folder / "s")
    with Load(one.url("s"), body=b"{}", requests_a_second=100) as load:
        time.sleep(0.3)
        begun = time.monotonic()
        said = one.ok("rollback", "s", "-m", "two is slow")
        took = time.monotonic() - begun
        time.sleep(0.3)
    assert load.failures == []
    assert (load.answers[0].body, load.answers[-1].body) == (b"2", b"1")
    assert took < 30, "a second where nothing else runs"
    assert said.endswith("s is what revision 1 was; `lading up` would undo that\n")
    assert history(one) == [
        (3, "running", "two is slow"),
        (2, "kept", "two is better"),
        (1, "kept", "the first"),
    ]
    assert one.json("history")[0]["returns_to"] == 1
    assert "s has no revision before 1 that was ready" in one.refused("rollback", "s", code=2)
    one.settings.write_text(settings)
    lock.write_bytes(kept)
    (one.folder / "s").mkdir()
    says(one, 3)


def test_up_says_that_it_would_undo_a_rollback(one: App) -> None:
    said = one.ok("up", "--dry-run")
    assert said.startswith("  ~ s  undoes the rollback to revision 1\n       code: h.py\n")
    one.ok("up", "-d", "-m", "three")
    assert answer(one) == 3
    again = one.lading("up", "-d", "-m", "again")
    assert again.stderr == "lading: nothing new was started: the message is kept nowhere\n"
    assert [(number, why) for number, _, why in history(one)][:2] == [
        (4, "three"),
        (3, "two is slow"),
    ]


def test_of_an_app_that_is_down_all_is_started_with_the_service_as_it_was(one: App) -> None:
    one.ok("down")
    said = one.ok("rollback", "s", "2")
    assert "the app was down: all of it is started as it was last\n" in said
    assert answer(one) == 2
    assert history(one)[0] == (5, "running", "")


def test_an_image_that_is_nowhere_is_refused_and_what_runs_goes_on(one: App) -> None:
    lost = one.json("history")[-1]["image"].partition(":")[2]
    manifest = HOME / "data" / "store" / "blobs" / "sha256" / lost
    aside = manifest.rename(one.folder / "aside")
    try:
        said = one.refused("rollback", "s", "1")
        assert history(one)[-1] == (1, "gone", "the first")
        told = one.lading("diff", "s", "1", "2")
    finally:
        aside.rename(manifest)
    assert said == (
        f"lading: the image of revision 1 of s is gone: {lost[:12]} is neither in the store nor in "
        "a registry that it was pushed to from here; build it from source\n"
    )
    assert told.stderr == (
        "lading: the image of revision 1 is not in the store: settings alone are compared\n"
    )
    assert answer(one) == 2


@pytest.fixture
def database() -> Iterator[str]:
    with postgresql() as url:
        yield url


def test_two_machines_meet_in_a_database_and_a_registry(
    make: Callable[..., App], make_app: Callable[..., App], database: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        host = stack.enter_context(registries.running(tmp_path / "registry"))
        more = f'registry: {host}/team\nregistries: {{"{host}": {{insecure: true}}}}\n'
        here = make("met", more)
        here.environ = {"LADING_DATABASE": database}
        here.ok("up", "-d", "-m", "the first")
        here.ok("push")
        says(here, 2)
        here.ok("up", "-d", "-m", "the second")
        here.ok("push")

        there = make_app("clone")
        shutil.copytree(here.folder, there.folder, dirs_exist_ok=True)
        there.change(str(here.port), str(there.port))
        home = tmp_path / "home"
        there.environ = {"LADING_DATABASE": database, "LADING_HOME": str(home)}
        stack.callback(there.lading, "down")
        assert [why for _, _, why in history(there)] == ["the second", "the first"]
        assert {x["pushed"] for x in there.json("history")} == {f"{host}/team/met/s"}
        said = there.ok("rollback", "s", "1")
        assert f"its image comes from {host}/team/met/s\n" in said
        assert (answer(here), answer(there)) == (2, 1)
        states = [state for _, state, _ in history(there)]
        assert states[0] == "running"
        assert states[1].startswith("on ")
        assert history(here)[1] == (2, "running", "the second")
        password = database.partition("://")[2].partition("@")[0].partition(":")[2]
        kept = [path for path in home.rglob("*") if path.is_file()]
        assert [x for x in kept if password.encode() in x.read_bytes()] == []


@pytest.fixture
def line(database: str) -> Iterator[tuple[Line, str]]:
    with line_to(database) as found:
        yield found


_LONG = 60.0
"""Seconds, on a machine that does other work as well."""


def end_controller_and_replica(app: App) -> None:
    """Kill both, so that somebody must start the replica again."""
    controller, replica = app.json("ps")["pid"], app.replica("s")["pid"]
    os.kill(controller, signal.SIGKILL)
    os.kill(replica, signal.SIGKILL)


def test_while_the_database_is_away_what_runs_goes_on(
    make: Callable[..., App], line: tuple[Line, str]
) -> None:
    way, url = line
    app = make("alone")
    app.environ = {"LADING_DATABASE": url}
    assert app.ok("up", "-d").startswith("state: postgresql://lading@127.0.0.1:")
    way.cut()
    until(lambda: "the database does not answer" in app.lading("ps").stderr, _LONG)
    before = app.replica("s")["pid"]
    os.kill(before, signal.SIGKILL)
    until(lambda: app.replica("s")["pid"] not in (None, before), _LONG)
    until(lambda: app.replica("s")["state"] == "ready", _LONG)
    assert answer(app) == 1
    end_controller_and_replica(app)
    assert "`lading up` takes it up again" in app.refused("ps")
    said = app.ok("up", "-d")
    assert "  = 1 unchanged: s\n" in said
    assert answer(app) == 1
    says(app, 2)
    said = app.refused("up", "-d")
    assert "the database does not answer" in said
    assert url.partition("://")[2].partition("@")[0] not in said
    assert answer(app) == 1
    way.mend()
    until(lambda: app.lading("ps").stderr == "", _LONG)
    app.ok("up", "-d")
    assert answer(app) == 2
    way.cut()
    end_controller_and_replica(app)
    assert app.ok("down") == "alone is down\n"
