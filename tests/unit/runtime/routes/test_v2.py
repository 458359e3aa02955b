"""Paths of the Open Inference Protocol, and what they ask for."""

from __future__ import annotations

import pytest

from lading_runtime.problem import Problem
from lading_runtime.routes import v2
from lading_runtime.routes.v2 import Asked


def ask(method: str, path: str) -> Asked:
    rest = v2.within(path, "ocr")
    assert rest is not None
    return v2.find(method, rest, "ocr")


@pytest.mark.parametrize("prefix", ["", "/ocr"])
@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("GET", "/v2", Asked.SERVER),
        ("GET", "/v2/health/live", Asked.LIVE),
        ("HEAD", "/v2/health/ready", Asked.READY),
        ("GET", "/v2/models/ocr", Asked.MODEL),
        ("GET", "/v2/models/ocr/versions/1", Asked.MODEL),
        ("GET", "/v2/models/ocr/ready", Asked.MODEL_READY),
        ("GET", "/v2/models/ocr/versions/1/ready", Asked.MODEL_READY),
        ("POST", "/v2/models/ocr/infer", Asked.INFER),
        ("POST", "/v2/models/ocr/versions/1/infer", Asked.INFER),
    ],
)
def test_a_path_says_what_is_asked(prefix: str, method: str, path: str, asked: Asked) -> None:
    assert ask(method, prefix + path) is asked


@pytest.mark.parametrize("path", ["/", "/ocr/predict", "/v2x", "/v1/v2", "/other/v2/models/ocr"])
def test_other_paths_are_not_of_the_protocol(path: str) -> None:
    assert v2.within(path, "ocr") is None


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/v2/", "there is nothing at /v2/"),
        ("/v2/models", "there is nothing at /v2/models"),
        ("/v2/models/", "there is nothing at /v2/models/"),
        ("/v2/x/models/ocr", "there is nothing at /v2/x/models/ocr"),
        ("/v2/models/ocr/", "there is nothing at /v2/models/ocr/"),
        ("/v2/models/ocr/stats", "there is nothing at /v2/models/ocr/stats"),
        ("/v2/models/b", "there is no model 'b' here; there is 'ocr'"),
        ("/v2/models/ocr/versions/2/infer", "model 'ocr' has no version '2'; it has '1'"),
    ],
)
def test_what_is_not_there_is_named(path: str, detail: str) -> None:
    with pytest.raises(Problem) as caught:
        ask("GET", path)
    assert (caught.value.code, caught.value.detail) == ("not_found", detail)


def test_another_method_is_refused_with_those_that_are_allowed() -> None:
    with pytest.raises(Problem) as caught:
        ask("GET", "/v2/models/ocr/infer")
    assert caught.value.code == "method_not_allowed"
    assert caught.value.headers == {"allow": "POST"}
