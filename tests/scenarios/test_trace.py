"""A request followed through services that call one another."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.scenarios.conftest import App

FRONT = """\
import asyncio
import logging

from lading_runtime import service


class Front:
    async def predict(self, fail: bool = False) -> int:
        logging.warning("asking both")
        left = service("left").predict_async()
        right = service("right").predict_async(fail=fail)
        return sum(await asyncio.gather(left, right))
"""

SIDE = """\
import time

from lading_runtime import service


class Left:
    def predict(self) -> int:
        time.sleep(0.05)
        return service("right").predict()


class Right:
    def predict(self, fail: bool = False) -> int:
        if fail:
            raise RuntimeError("asked to")
        return 1
"""

SERVICES = """\
  front: {source: ., handler: "front:Front", resources: {cpu: 1, memory: 256Mi}}
  left: {source: ., handler: "side:Left", resources: {cpu: 1, memory: 256Mi}}
  right: {source: ., handler: "side:Right", resources: {cpu: 1, memory: 256Mi}}
"""


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    made = make_app("traced")
    (made.folder / "front.py").write_text(FRONT)
    (made.folder / "side.py").write_text(SIDE)
    made.settings.write_text(f"app: traced\nservices:\n{SERVICES}gateway: {{port: {made.port}}}\n")
    made.up()
    return made


def asked(app: App, **arguments: object) -> httpx.Response:
    return httpx.post(app.url("front"), json=arguments, timeout=60, trust_env=False)


def shape(tree: dict[str, Any]) -> Any:
    below = sorted(map(shape, tree["calls"]), key=str)
    return (tree["service"], tree["status"], below)


def test_a_request_is_shown_with_the_calls_made_for_it_and_their_times(app: App) -> None:
    request_id = asked(app).headers["x-request-id"]
    (tree,) = app.json("trace", request_id)
    assert shape(tree) == (
        "front",
        200,
        [("left", 200, [("right", 200, [])]), ("right", 200, [])],
    )
    left = next(call for call in tree["calls"] if call["service"] == "left")
    assert 50 <= left["own_ms"] <= left["duration_ms"] <= tree["duration_ms"]
    assert left["calls"][0]["start_ms"] >= left["start_ms"] + 50
    said = app.ok("trace", request_id[:12])
    assert said.startswith(f"request {request_id}\ntrace {tree['trace_id']}\n")
    assert ", 3 calls\n" in said
    assert re.search(r"\n[├└]─ left      POST /predict  200 ", said)
    assert re.search(r"\n[│ ]  └─ right  POST /predict  200 ", said)


def test_a_trace_that_came_from_outside_is_found_by_its_own_id(app: App) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01", "tracestate": "rojo=1"}
    httpx.post(app.url("front"), json={}, headers=headers, timeout=60, trust_env=False)
    (tree,) = app.json("trace", trace)
    assert len(tree["calls"]) == 2


def test_what_failed_is_said_with_what_services_wrote(app: App) -> None:
    answer = asked(app, fail=True)
    request_id = answer.headers["x-request-id"]
    assert answer.status_code == 502
    said = app.ok("trace", request_id, "--logs")
    assert re.search(r"─ right +POST /predict +500 .* the service failed\n", said)
    assert "warning: root: asking both" in said
    assert "RuntimeError: asked to" in said
    (listed,) = [tree for tree in app.json("trace", "--failed") if tree["request_id"] == request_id]
    assert listed["service"] == "front"


def test_a_prediction_shows_its_own_tree(app: App) -> None:
    done = app.lading("predict", "front", "--trace")
    assert done.stdout == "2\n"
    assert ", 3 calls\n" in done.stderr
    failed = app.lading("predict", "front", "-i", "fail=true", "--trace")
    assert "failed\n" in failed.stderr
    (known_as,) = re.findall(r"`lading trace ([0-9a-f-]{36}) --logs` shows why\n", failed.stderr)
    assert f"request {known_as}\n" in failed.stderr


def test_what_is_not_in_the_log_is_told_with_how_far_it_goes_back(app: App) -> None:
    said = app.refused("trace", "00000000-none")
    assert re.fullmatch(
        r"lading: trace 00000000-none: no request has this id; the log goes back to"
        r" \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\n",
        said,
    )


def test_requests_are_shown_when_the_app_is_down_and_after_the_gateway_was_killed(app: App) -> None:
    request_id = asked(app).headers["x-request-id"]
    assert app.json("trace", request_id)
    gateway = app.json("ps")["gateway"]["pid"]
    os.kill(gateway, signal.SIGKILL)
    assert len(app.json("trace", request_id)[0]["calls"]) == 2
    app.ok("down")
    assert len(app.json("trace", request_id)[0]["calls"]) == 2
    assert app.json("trace", "-n", "1")[0]["service"] == "front"
