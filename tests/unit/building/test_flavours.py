"""The library that a flavour loads models with must be among the locked wheels."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from lading.building import fingerprint, flavours
from lading.building.lockfile import LockedEnvironment, Wheel, is_stale
from lading.building.recipe import Environment, ServedModel
from lading.errors import RequirementsError


def service(flavour: str, model: str = "model", requirements: Path | None = None) -> Environment:
    served = ServedModel(flavour, PurePosixPath(model))
    return Environment("digits", "3.11", requirements, (), served)


@pytest.mark.parametrize(
    ("flavour", "library"),
    [
        ("sklearn", "scikit-learn"),
        ("xgboost", "xgboost"),
        ("lightgbm", "lightgbm"),
        ("onnx", "onnxruntime"),
        ("torchscript", "torch"),
        ("mlflow", "mlflow"),
    ],
)
def test_what_the_requirements_lack_is_named(flavour: str, library: str, tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    environment = service(flavour, requirements=file)
    with pytest.raises(RequirementsError) as caught:
        flavours.require_library(environment, ["numpy"])
    assert str(caught.value) == (
        f"{file}: has no {library}, with which `flavour: {flavour}` loads its model; "
        f"add {library}, in the version that the model was saved with"
    )
    flavours.require_library(environment, ["numpy", library])


@pytest.mark.parametrize(
    ("flavour", "model", "there", "missing"),
    [
        ("sklearn", "m.joblib", ["scikit-learn", "joblib"], None),
        ("sklearn", "m.skops", ["scikit-learn", "joblib"], "skops"),
        ("xgboost", "m.pkl", ["xgboost"], "joblib"),
        ("xgboost", "m.ubj", ["xgboost"], None),
        ("xgboost", "m.ubj", ["xgboost-cpu"], None),
        ("lightgbm", "m.pickle", ["lightgbm"], "joblib"),
        ("onnx", "m.onnx", ["onnxruntime-gpu"], None),
        ("torchscript", "m.pt", ["torch"], "numpy"),
        ("mlflow", "m", ["pyyaml", "scikit-learn"], None),
    ],
)
def test_what_loads_a_model_depends_on_its_file(
    flavour: str, model: str, there: list[str], missing: str | None
) -> None:
    assert flavours.missing_library(service(flavour, model), there) == missing


def test_where_there_are_no_requirements_the_service_is_named() -> None:
    with pytest.raises(RequirementsError) as caught:
        flavours.require_library(service("sklearn"), [])
    assert str(caught.value) == (
        "services.digits: has no scikit-learn, with which `flavour: sklearn` loads its model; "
        "write a requirements.txt with scikit-learn, in the version that the model was saved with"
    )


def test_a_handler_needs_no_library() -> None:
    flavours.require_library(Environment("digits", "3.11", None), [])


def test_a_lock_without_the_library_of_a_new_flavour_is_out_of_date() -> None:
    wheels = (Wheel("onnxruntime", "1.20", "o.whl", "0" * 64, 1),)
    inputs = fingerprint.inputs(service("onnx"))
    locked = LockedEnvironment("3.11", "bookworm", "linux/amd64", inputs, (), (), (), wheels)
    assert is_stale(service("sklearn"), locked) == (
        "scikit-learn is not in it, which loads the model"
    )
    assert is_stale(service("onnx"), locked) is None
