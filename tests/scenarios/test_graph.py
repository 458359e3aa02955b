"""A service that is a graph of calls to others: declared, refused where it cannot be, answering."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.scenarios.conftest import App

SETTINGS = """\
app: graphed
services:
  ocr: {{source: models, handler: "models:read", resources: {{memory: 256Mi}}}}
  detect: {{source: models, handler: "models:detect", resources: {{memory: 256Mi}}}}
  score: {{source: models, handler: "models:score", resources: {{memory: 256Mi}}}}
  page:
    graph:
      input: {{image: bytes, times: {{type: int, default: 2}}}}
      steps:
        read: {{call: ocr, with: {{image: $image}}}}
        language: {{call: detect, with: {{text: $read.text}}, timeout: 1s,
                    otherwise: {{value: {{code: xx}}}}}}
        greeting:
          switch: $language.code
          cases: {{en: hello, de: {{call: ocr, with: {{image: $image}}}}}}
          default: null
        both: {{parallel: {{once: {{call: score, with: {{x: 1}}}},
                            often: {{call: score, with: {{x: $times}}}}}}}}
        mean: {{ensemble: mean, of: [score, score], with: {{x: $read.length}}, take: value}}
      output: {{text: $read.text, language: $language.code, greeting: $greeting, both: $both,
                mean: $mean}}
    timeout: 10s
    resources: {{memory: 256Mi}}
gateway: {{port: {port}}}
"""
MODELS = """\
import os
import time
from typing import TypedDict

class Page(TypedDict):
    text: str
    length: int

class Found(TypedDict):
    code: str

def read(image: bytes) -> Page:
    return {"text": image.decode(), "length": len(image)}

def detect(text: str) -> Found:
    if text == "crash":
        os._exit(1)
    if text == "slow":
        time.sleep(4)
    if text == "odd":
        raise ValueError(text)
    return {"code": text[:2]}

def score(x: float) -> dict[str, float]:
    if x > 50:
        os._exit(1)
    return {"value": x / 2}
"""


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    made = make_app("graphed")
    (made.folder / "probe.py").unlink()
    (made.folder / "models").mkdir()
    (made.folder / "models" / "models.py").write_text(MODELS)
    made.settings.write_text(SETTINGS.format(port=made.port))
    made.up()
    return made


def ask(app: App, image: bytes, **fields: Any) -> httpx.Response:
    return httpx.post(
        app.url("page"), files={"image": image}, data=fields, timeout=30, trust_env=False
    )


def test_a_picture_goes_through_all_its_steps(app: App) -> None:
    answer = ask(app, b"en text", times=5)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "text": "en text",
        "language": "en",
        "greeting": "hello",
        "both": {"once": {"value": 0.5}, "often": {"value": 2.5}},
        "mean": 3.5,
    }
    assert "x-lading-fallback" not in answer.headers
    body = {"image": base64.b64encode(b"de text").decode()}
    in_json = httpx.post(app.url("page"), json=body, timeout=30, trust_env=False).json()
    assert in_json["greeting"] == {"text": "de text", "length": 7}


@pytest.mark.parametrize("text", ["odd", "crash", "slow"])
def test_a_service_that_fails_is_stood_for_and_named(app: App, text: str) -> None:
    answer = ask(app, text.encode())
    assert answer.status_code == 200, answer.text
    assert answer.json()["language"] == "xx"
    assert answer.headers["x-lading-fallback"] == "language"
    assert "fell back: step language: service 'detect'" in app.ok("logs", "page")


def test_a_failure_that_nothing_stands_for_names_step_and_service(app: App) -> None:
    answer = ask(app, b"en", times=100)
    assert answer.status_code == 503
    problem = answer.json()
    assert problem["code"] == "upstream_unavailable"
    assert problem["detail"].startswith("step both.often: service 'score': 503 worker_died")
    assert ask(app, b"fr").json()["greeting"] is None


def test_its_arguments_are_held_to_their_types_and_described(app: App) -> None:
    answer = httpx.post(app.url("page"), json={"times": "x"}, timeout=30, trust_env=False)
    assert answer.status_code == 422
    assert [x["field"] for x in answer.json()["errors"]] == ["image", "times"]
    described = httpx.get(f"{app.url('page').removesuffix('predict')}openapi.json", trust_env=False)
    operation = described.json()["paths"]["/page/predict"]["post"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["properties"]["text"] == {"type": "string"}
    assert schema["properties"]["mean"] == {"type": "number"}


def test_a_type_that_does_not_fit_is_refused_before_anything_is_built(app: App) -> None:
    before = app.settings.read_text()
    app.change("text: $read.text}, timeout", "text: $read.length}, timeout")
    try:
        told = app.refused("up", "-d")
    finally:
        app.settings.write_text(before)
    assert told.strip() == (
        "lading: lading.yaml:11: services.page.graph.steps.language.with.text: expected str, as "
        "detect takes it (models/models.py:15), got int, which $read.length is "
        "(models/models.py:5)"
    )
    assert ask(app, b"en").status_code == 200
