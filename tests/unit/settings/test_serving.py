"""What serves a service: a handler, or a flavour of a model; never both, never neither."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from lading.building.recipe import Environment, ServedModel
from lading.errors import SettingsError
from lading.settings import read

FLAVOURS = "sklearn, xgboost, lightgbm, onnx, torchscript, mlflow"


def app(folder: Path, *keys: str) -> None:
    lines = "".join(f"    {key}\n" for key in keys)
    (folder / "lading.yaml").write_text(f"app: a\nservices:\n  digits:\n{lines}")


def said(folder: Path, *keys: str) -> str:
    app(folder, *keys)
    with pytest.raises(SettingsError) as caught:
        read(folder)
    return str(caught.value)


def test_a_flavour_serves_the_model_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").touch()
    app(tmp_path, "flavour: sklearn", "model: [models/digits.joblib]")
    recipe = read(tmp_path).services[0].recipe
    assert (recipe.handler, recipe.flavour, recipe.is_served) == (None, "sklearn", True)
    assert recipe.models == (PurePosixPath("models/digits.joblib"),)
    assert recipe.environment == Environment(
        *("digits", "3.11", tmp_path / "requirements.txt", ()),
        ServedModel("sklearn", PurePosixPath("models/digits.joblib")),
    )


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (
            ["handler: c:D", "flavour: onnx", "model: m.onnx"],
            "5: services.digits.flavour: a handler serves this service already; "
            "remove `flavour`, or `handler`",
        ),
        (
            ["flavour: onnx"],
            "4: services.digits.flavour: there is no model that it could serve; "
            "add `model:` with the path of one inside `source`",
        ),
        (
            ["flavour: onnx", "model: [a.onnx, b.onnx]"],
            "5: services.digits.model: expected one path, since a flavour serves one model, "
            "got 2 of them; keep the one to serve, or write a handler that uses them all",
        ),
        (
            ['python: "3.9"'],
            "3: services.digits: nothing serves it: expected `handler: module:Class`, "
            "`flavour` and `model`, `graph`, `command`, or `image`; add one of them",
        ),
        (
            ["model: m.bin"],
            "3: services.digits: nothing serves its model: expected `handler: module:Class`, or "
            f"`flavour` with one model; add either; flavours are {FLAVOURS}",
        ),
        (
            ["model: [a.onnx, b.onnx]"],
            "3: services.digits: nothing serves its model: expected `handler: module:Class`, or "
            f"`flavour` with one model; add either; flavours are {FLAVOURS}",
        ),
    ],
)
def test_what_is_not_served_by_one_thing_is_refused(
    tmp_path: Path, keys: list[str], text: str
) -> None:
    (tmp_path / "c.py").touch()
    assert said(tmp_path, *keys) == f"lading.yaml:{text}"


@pytest.mark.parametrize(
    ("model", "flavour"),
    [
        ("m.onnx", "onnx"),
        ("deep/m.ubj", "xgboost"),
        ("m.xgb", "xgboost"),
        ("m.lgb", "lightgbm"),
        ("m.pt", "torchscript"),
        ("m.joblib", "sklearn"),
        ("M.ONNX", "onnx"),
        ("saved", "mlflow"),
    ],
)
def test_a_model_that_nothing_serves_is_told_its_flavour(
    tmp_path: Path, model: str, flavour: str
) -> None:
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "MLmodel").touch()
    assert said(tmp_path, f"model: {model}") == (
        "lading.yaml:3: services.digits: nothing serves its model: expected "
        "`handler: module:Class`, or `flavour` with one model; "
        f"add `flavour: {flavour}` for {model} to be served as it is"
    )
