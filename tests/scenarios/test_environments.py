"""Services that could not live in one environment, side by side in one app."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenarios.conftest import App

SERVICES = """\
  old:
    handler: probe:Probe
    python: "3.9"
    requirements: old.txt
  new:
    handler: probe:Probe
    python: "3.13"
    requirements: new.txt
    packages: [jq]
    env: {GREETING: hello}
gateway:"""


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    made = make_app("varied")
    (made.folder / "old.txt").write_text("markupsafe==2.0.1\n")
    (made.folder / "new.txt").write_text("markupsafe==3.0.2\nmsgspec==0.19.0\n")
    made.change("gateway:", SERVICES)
    made.up()
    return made


@pytest.mark.parametrize(
    ("service", "python", "markupsafe"), [("old", "3.9", "2.0.1"), ("new", "3.13", "3.0.2")]
)
def test_each_service_has_its_own_python_and_its_own_version_of_a_library(
    app: App, service: str, python: str, markupsafe: str
) -> None:
    assert app.ask("version", service) == python
    assert app.ask("version", service, text="markupsafe") == markupsafe


def test_one_of_them_has_a_program_of_debians_and_a_variable(app: App) -> None:
    assert app.ask("program", "new", text="jq --version").startswith("jq-1.7")
    assert app.ask("environment", "new", text="GREETING") == "hello"
    assert app.ask("environment", "old", text="GREETING") == ""


def test_the_users_pin_of_a_library_that_the_server_needs_wins(app: App) -> None:
    assert app.ask("version", "new", text="msgspec") == "0.19.0"
    assert app.ask("version", "probe", text="msgspec") != "0.19.0"


def test_each_is_locked_on_its_own_and_changing_one_leaves_the_others(app: App) -> None:
    before = {name: app.replica(name)["pid"] for name in ("old", "new", "probe")}
    app.change("env: {GREETING: hello}", "env: {GREETING: goodbye}")
    app.ok("up", "-d")
    after = {name: app.replica(name)["pid"] for name in ("old", "new", "probe")}
    assert app.ask("environment", "new", text="GREETING") == "goodbye"
    assert {name for name in before if before[name] != after[name]} == {"new"}
