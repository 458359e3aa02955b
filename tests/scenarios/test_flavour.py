"""Models that are served as they are: lading.yaml, a file of requirements, and no code at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.scenarios.conftest import App

SETTINGS = """\
app: flavoured
services:
  digits:
    flavour: sklearn
    source: digits
    model: model.joblib
    resources: {{cpu: 1, memory: 512Mi}}
  saved:
    flavour: mlflow
    source: saved
    model: model
    resources: {{cpu: 1, memory: 512Mi}}
steps:
  train:
    environment: digits
    source: digits
    command:
      - python3
      - -c
      - |
        import joblib
        from sklearn.datasets import load_digits
        from sklearn.linear_model import LogisticRegression
        images, labels = load_digits(return_X_y=True)
        joblib.dump(LogisticRegression(max_iter=100, tol=0.1).fit(images, labels), "model.joblib")
        print(images[:3].tolist())
    outputs: [model.joblib]
gateway: {{port: {port}}}
"""
OF_MLFLOW = {
    "MLmodel": "flavors:\n  sklearn:\n    pickled_model: model.pkl\n",
    "python_env.yaml": "python: 3.11.2\ndependencies:\n- -r requirements.txt\n",
    "requirements.txt": "scikit-learn==1.7.2\npyyaml==6.0.2\n",
}


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    made = make_app("flavoured")
    (made.folder / "probe.py").unlink()
    (made.folder / "digits").mkdir()
    (made.folder / "digits" / "requirements.txt").write_text("scikit-learn==1.7.2\n")
    (made.folder / "saved" / "model").mkdir(parents=True)
    for name, text in OF_MLFLOW.items():
        (made.folder / "saved" / "model" / name).write_text(text)
    made.settings.write_text(SETTINGS.format(port=made.port))
    return made


@pytest.fixture(scope="module")
def images(app: App) -> Any:
    """Three digits, after a model was trained with them and others, and served."""
    printed = app.ok("run", "train")
    shutil.copy(app.folder / "digits/model.joblib", app.folder / "saved/model/model.pkl")
    app.up()
    return json.loads(printed)


@pytest.mark.parametrize("service", ["digits", "saved"])
def test_a_model_answers_with_no_code_around_it(app: App, images: Any, service: str) -> None:
    answer = httpx.post(app.url(service), json={"inputs": images}, timeout=60, trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"predictions": [0, 1, 2]})


def test_its_image_holds_the_model_beside_the_requirements_alone(app: App, images: Any) -> None:
    (built,) = app.json("build", "digits")
    layers = {layer["kind"]: layer["title"] for layer in built["layers"]}
    assert (layers["model"], layers["code"]) == ("model.joblib", "1 file")
    (built,) = app.json("build", "saved")
    layers = {layer["kind"]: layer["title"] for layer in built["layers"]}
    assert layers["model"] == "4 model files"
    assert "code" not in layers
