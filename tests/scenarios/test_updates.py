"""`lading up` says what it will do, and does that alone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from lading.controller.place import Place
from lading.gateway.discovery import endpoints_file
from lading.state.folders import Folders
from tests.load import Load
from tests.scenarios.conftest import HOME, App, until

NAMES = [f"s{number}" for number in range(10)]
HANDLER = """\
import time

VERSION = 1
UNTIL = {until}

if time.time() > UNTIL:
    raise RuntimeError("too late")


def predict() -> int:
    return VERSION
"""
SERVICE = '  {name}: {{source: {name}, handler: "h:predict", resources: {{memory: 128Mi}}}}\n'


def write(app: App, names: list[str]) -> None:
    services = "".join(SERVICE.format(name=name) for name in names)
    app.settings.write_text(f"app: ten\nservices:\n{services}gateway: {{port: {app.port}}}\n")
    for name in names:
        (app.folder / name).mkdir(exist_ok=True)
        (app.folder / name / "h.py").write_text(HANDLER.format(until=float("1e12")))
    (app.folder / "probe.py").unlink(missing_ok=True)


@pytest.fixture
def two(make_app: Callable[..., App]) -> App:
    app = make_app("two")
    write(app, NAMES[:2])
    return app


@pytest.fixture(scope="module")
def ten(make_app: Callable[..., App]) -> App:
    app = make_app("ten")
    write(app, NAMES)
    app.up()
    return app


def replicas(app: App) -> dict[str, list[dict[str, Any]]]:
    return {one["name"]: one["replicas"] for one in app.json("ps")["services"]}


def containers(app: App) -> dict[str, list[tuple[int, str]]]:
    """What tells a container from another that took its place."""
    return {
        name: [(one["pid"], one["started_at"]) for one in mine]
        for name, mine in replicas(app).items()
    }


def routes(app: App) -> dict[str, int]:
    """When the gateway was last told of each service's replicas."""
    place = Place(app.folder, Folders.of_user({"LADING_HOME": str(HOME)}))
    return {
        path.stem: path.stat().st_mtime_ns
        for path in endpoints_file(place.gateway, "x").parent.glob("*.json")
    }


def test_a_dry_run_changes_nothing_with_or_without_a_lock_a_cache_and_a_network(
    two: App, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    elsewhere = {"LADING_HOME": str(home), "HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": ""}
    before = two.files()
    said = two.lading("up", "--dry-run", **elsewhere)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == (
        "  + s0  new\n  + s1  new\n"
        "there is no lading.lock: every package would be resolved first\n"
        "this was a dry run: nothing was done\n"
    )
    assert two.files() == before
    two.ok("lock")
    before = two.files()
    said = two.lading("up", "--dry-run", **elsewhere)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == "  + s0  new\n  + s1  new\nthis was a dry run: nothing was done\n"
    assert two.files() == before
    assert not home.exists()
    assert "the app is not up" in two.refused("ps")


def test_a_dry_run_refuses_what_a_build_would(two: App) -> None:
    two.ok("lock")
    two.change("def predict() -> int", "def guess() -> int", "s1/h.py")
    assert "s1/h.py" in two.refused("up", "--dry-run")


def test_a_build_of_several_says_whose_layers_it_makes(two: App) -> None:
    two.ok("lock")
    for name in ("s0", "s1"):
        two.change("VERSION = 1", f"VERSION = {time.time_ns()}", f"{name}/h.py")
    said = two.lading("build").stderr
    assert "\ns0: code: 1 file: " in f"\n{said}"
    assert "\ns1: code: 1 file: " in said
    two.change("VERSION = ", "VERSION = 1", "s1/h.py")
    assert two.lading("build", "s1").stderr.startswith("code: 1 file: ")


def test_options_that_exclude_each_other_are_refused(two: App) -> None:
    assert two.refused("up", "--watch", "-d", code=2) == (
        "lading: --watch and --detach exclude each other; leave one of them out\n"
    )
    assert two.refused("up", "--json", code=2) == (
        "lading: --json is for the plan alone; add --dry-run\n"
    )


def test_another_engine_than_the_app_is_up_on_is_refused_also_by_a_dry_run(ten: App) -> None:
    assert ten.ok("up", "--dry-run").endswith("nothing would change\n")
    elsewhere = {"DOCKER_HOST": "unix:///nowhere"}
    for way in ("-d", "--dry-run"):
        said = ten.lading("up", way, "--engine", "docker", **elsewhere)
        assert said.returncode == 1
        assert said.stderr == (
            "lading: the app is up on embedded, and docker (unix:///nowhere) is asked for; "
            "`lading down` first, or stay with `--engine embedded`\n"
        )


def test_of_ten_services_the_one_that_changed_is_replaced_and_nobody_notices(ten: App) -> None:
    before, told = containers(ten), routes(ten)
    ten.change("VERSION = 1", "VERSION = 2", "s3/h.py")
    (ten.folder / "s3" / "more.py").write_text("")
    plan = "  ~ s3  code: h.py, + more.py\n  = 9 unchanged: s0, s1, s2, s4, s5, s6, s7, s8, s9\n"
    assert ten.ok("up", "--dry-run") == f"{plan}this was a dry run: nothing was done\n"
    assert (containers(ten), routes(ten)) == (before, told)
    with ExitStack() as stack:
        loads = {
            name: stack.enter_context(Load(ten.url(name), body=b"{}", requests_a_second=10))
            for name in NAMES
        }
        time.sleep(0.5)
        said = ten.ok("up", "-d")
        time.sleep(0.5)
    assert said.startswith(plan)
    assert {name: load.failures for name, load in loads.items() if load.failures} == {}
    assert loads["s3"].answers[-1].body == b"2"
    after = containers(ten)
    assert {name for name in NAMES if after[name] != before[name]} == {"s3"}
    assert {name for name, when in routes(ten).items() if when != told[name]} == {"s3"}


def test_settings_are_a_change_that_builds_nothing(ten: App) -> None:
    before = containers(ten)
    ten.change('s4, handler: "h:predict"', 's4, handler: "h:predict", scale: {min: 2}, workers: 2')
    plan = ten.ok("up", "--dry-run")
    assert plan.startswith("  ~ s4  scale.min: 1 → 2\n        workers: 1 → 2\n  = 9 unchanged: ")
    ten.ok("up", "-d")
    after = containers(ten)
    assert len(after.pop("s4")) == 2
    assert before.items() >= after.items()


def test_a_service_that_is_named_is_updated_and_others_that_changed_are_not(ten: App) -> None:
    before = containers(ten)
    ten.change("VERSION = 1", "VERSION = 2", "s5/h.py")
    ten.change("VERSION = 1", "VERSION = 2", "s6/h.py")
    said = ten.ok("up", "-d", "s5")
    assert said.startswith("  ~ s5  code: h.py\n  = 9 not asked for: s0, s1, s2, s3, s4, s6, s7")
    after = containers(ten)
    assert {name for name in NAMES if after[name] != before[name]} == {"s5"}
    assert "s6/h.py" not in ten.ok("up", "--dry-run", "s0")
    assert "the app has no service 's11'" in ten.refused("up", "-d", "s11", code=2)


def test_a_service_that_is_broken_since_before_keeps_no_other_from_being_updated(ten: App) -> None:
    soon = time.time() + 6
    (ten.folder / "s9" / "h.py").write_text(HANDLER.format(until=soon))
    ten.ok("up", "-d")
    until(lambda: time.time() > soon)
    os.kill(replicas(ten)["s9"][0]["pid"], signal.SIGKILL)
    until(lambda: replicas(ten)["s9"][0]["failures"] > 1)
    ten.change("VERSION = 1", "VERSION = 2", "s0/h.py")
    done = ten.lading("up", "-d")
    assert done.returncode == 0, done.stderr
    assert "s9: not ready, as before, exit code 3; see `lading logs s9`" in done.stderr
    assert httpx.post(ten.url("s0"), json={}, trust_env=False).json() == 2


def test_what_is_down_is_compared_with_what_was_up(ten: App) -> None:
    ten.ok("down")
    (ten.folder / "s9" / "h.py").write_text(HANDLER.format(until=float("1e12")))
    said = ten.ok("up", "--dry-run")
    assert "  + s1  starts, as it was\n" in said
    assert "  ~ s9  code: h.py\n" in said
    assert "the app is not up" in ten.refused("ps")


def test_of_an_app_that_was_down_what_gets_ready_stays_up(two: App) -> None:
    works = (two.folder / "s1" / "h.py").read_text()
    (two.folder / "s1" / "h.py").write_text(HANDLER.format(until=0.0))
    two.ok("lock")
    done = two.lading("up", "-d")
    assert done.returncode == 1
    assert "lading: services.s1: revision 1 does not start: exit code 3; see `lading logs`" in (
        done.stderr
    )
    assert done.stderr.endswith(
        "lading: ten is up without s1; mend it and call `lading up` again, "
        "or stop the others with `lading down`\n"
    )
    assert "is up (" not in done.stdout
    assert httpx.post(two.url("s0"), json={}, trust_env=False).json() == 1
    assert set(replicas(two)) == {"s0"}
    before = containers(two)
    (two.folder / "s1" / "h.py").write_text(works)
    assert two.ok("up", "-d").startswith("  + s1  new\n  = 1 unchanged: s0\n")
    assert containers(two).items() >= before.items()


def test_of_an_app_that_was_down_nothing_stays_when_nothing_gets_ready(two: App) -> None:
    for name in NAMES[:2]:
        (two.folder / name / "h.py").write_text(HANDLER.format(until=0.0))
    two.ok("lock")
    said = two.refused("up", "-d")
    assert "services.s0: revision 1 does not start" in said
    assert "services.s1: revision 1 does not start" in said
    assert "is up without" not in said
    assert "the app is not up" in two.refused("ps")
