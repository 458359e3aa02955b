"""From an empty folder to an answered prediction, changed, and down again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.load import Load
from tests.scenarios.conftest import App, until


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    made = make_app("journey")
    made.up()
    return made


def test_up_says_where_to_ask_and_a_second_up_leaves_everything_as_it_is(app: App) -> None:
    before = app.replica()
    said = app.ok("up", "-d")
    assert f"probe: revision 1, 1 ready, {app.url()}" in said
    assert app.replica() | {"memory_bytes": 0} == before | {"memory_bytes": 0}


def test_a_prediction_through_the_command_line(app: App) -> None:
    assert json.loads(app.ok("predict", "probe", "-i", "text=hello")) == "1:hello"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (("-i", "size=many"), "size: expected int, got str"),
        (("-i", "tekst=hello"), "tekst"),
        (("-i", "action=nothing"), "500"),
    ],
)
def test_a_prediction_that_fails_says_why(app: App, inputs: tuple[str, ...], said: str) -> None:
    assert said in app.refused("predict", "probe", *inputs)


def test_names_that_do_not_exist_are_told_with_those_that_do(app: App) -> None:
    assert app.refused("predict", "prob", code=2) == (
        "lading: the app has no service 'prob': expected one of probe\n"
    )
    assert app.refused("run", "train", code=2) == "lading: train: the app has no steps\n"
    assert "no template is named nosuch" in app.refused("init", "nosuch", code=2)


def test_what_the_gateway_answers_is_json_whatever_happens(app: App) -> None:
    base = app.url().removesuffix("/probe/predict")
    for path, status in (
        ("/nothing/predict", 404),
        ("/probe/nothing", 404),
        ("/probe/predict", 405),
    ):
        answer = httpx.get(base + path, trust_env=False)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_description_says_what_may_be_asked(app: App) -> None:
    base = app.url().removesuffix("predict")
    described = httpx.get(f"{base}openapi.json", trust_env=False).json()
    assert described["openapi"].startswith("3.1")
    assert "/probe/predict" in described["paths"]


def test_a_change_of_code_is_rolled_out_without_losing_a_request(app: App) -> None:
    before = app.replica()
    with Load(app.url(), body=b'{"text": "a"}') as requests:
        time.sleep(0.5)
        app.change("VERSION = 1", "VERSION = 2", "probe.py")
        app.ok("up", "-d")
        time.sleep(0.5)
    assert requests.failures == []
    assert requests.answers[0].body.endswith(b'"1:a"')
    assert requests.answers[-1].body.endswith(b'"2:a"')
    after = app.replica()
    assert (before["revision"], after["revision"]) == (1, 2)


def test_a_revision_that_does_not_start_never_replaces_one_that_answers(app: App) -> None:
    before = app.replica()
    good = (app.folder / "probe.py").read_text()
    with Load(app.url(), body=b'{"text": "a"}') as requests:
        app.change("class Probe:", "import nowhere\n\n\nclass Probe:", "probe.py")
        done = app.lading("up", "-d")
        time.sleep(0.5)
    assert requests.failures == []
    assert done.returncode == 1
    said = done.stderr
    assert "services.probe: revision 3 does not start: exit code 3" in said
    assert "the revision before it goes on answering" in said
    assert "No module named 'nowhere'" in said
    (app.folder / "probe.py").write_text(good)
    until(lambda: len(app.json("ps")["services"][0]["replicas"]) == 1)
    assert app.replica()["pid"] == before["pid"]


def test_more_replicas_share_the_work_and_fewer_lose_nothing(app: App) -> None:
    with Load(app.url(), body=b'{"text": "a"}') as requests:
        app.change("    resources:", "    scale: {min: 3}\n    resources:")
        app.ok("up", "-d")
        assert len({app.replica(slot=slot)["pid"] for slot in range(3)}) == 3
        app.change("    scale: {min: 3}\n", "")
        app.ok("up", "-d")
    assert requests.failures == []
    assert len(app.json("ps")["services"][0]["replicas"]) == 1


def test_a_change_of_batching_is_a_revision_that_builds_nothing(app: App) -> None:
    before = app.replica()
    app.change("    resources:", "    batching: {max_size: 8}\n    workers: 2\n    resources:")
    (built,) = app.json("build")
    assert all(layer["cached"] for layer in built["layers"])
    app.ok("up", "-d")
    after = app.replica()
    assert after["image"] == before["image"] == built["digest"]
    assert after["revision"] > before["revision"]
    app.change("    batching: {max_size: 8}\n    workers: 2\n", "")
    app.ok("up", "-d")
    # The way back is a revision of its own: what ran when can be told.
    assert app.replica()["revision"] == after["revision"] + 1
    assert app.replica()["image"] == before["image"]


def test_logs_tell_of_replicas_that_are_gone(app: App) -> None:
    replicas = {line["replica"] for line in app.json("logs", "probe")}
    assert {"1.0", "2.0"} <= replicas


def test_a_port_in_use_is_named_and_what_runs_goes_on(
    app: App, make_app: Callable[..., App]
) -> None:
    other = make_app("other")
    other.change(f"port: {other.port}", f"port: {app.port}")
    other.ok("lock")
    said = other.refused("up", "-d")
    assert f"127.0.0.1:{app.port}" in said
    assert "gateway.port" in said
    assert app.ask("echo", text="still") == "2:still"
    assert "the app is not up" in other.refused("ps")


def test_a_mistake_in_the_settings_keeps_nobody_from_seeing_what_runs(app: App) -> None:
    good = app.settings.read_text()
    app.change("services:", "servces:")
    assert app.json("ps")["services"][0]["ready"] == 1
    assert app.json("logs")
    app.settings.write_text(good)


def test_text_is_text_on_the_command_line_whatever_it_looks_like(app: App) -> None:
    assert json.loads(app.ok("predict", "probe", "-i", "text=3", "-i", "size=2")).endswith(":3xx")


def test_an_app_may_be_renamed_while_it_is_up(app: App) -> None:
    pid = app.replica()["pid"]
    app.change("app: journey", "app: voyage")
    assert app.json("logs")
    with Load(app.url(), body=b'{"text": "a"}') as requests:
        app.ok("up", "-d")
    assert requests.failures == []
    assert app.json("ps")["app"] == "voyage"
    assert not _exists(pid)
    app.change("app: voyage", "app: journey")


def test_two_ups_at_once_are_as_one(make_app: Callable[..., App]) -> None:
    app = make_app("twice")
    app.ok("lock")
    app.ok("build")
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: app.lading("up", "-d"), range(2)))
    assert [one.returncode for one in done] == [0, 0], [one.stderr for one in done]
    assert len(app.json("ps")["services"][0]["replicas"]) == 1


def test_down_ends_everything_and_may_be_repeated(app: App) -> None:
    pid = app.replica()["pid"]
    assert app.ok("down") == "journey is down\n"
    with pytest.raises(httpx.TransportError):
        httpx.get(app.url(), trust_env=False)
    assert not _exists(pid)
    assert app.ok("down") == "journey is not up\n"
    assert "the app is not up" in app.refused("ps")
    not_up = "lading: the app is not up; start it with `lading up`\n"
    assert app.refused("predict", "probe") == not_up


def _exists(pid: int) -> bool:
    from pathlib import Path

    return Path(f"/proc/{pid}").exists()
