"""The library that a flavour loads models with must be among the locked wheels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lading.building import fingerprint, flavours
from lading.building.lockfile import LockedEnvironment, Wheel, is_stale
from lading.building.recipe import Environment
from lading.errors import RequirementsError

SERVICE = Environment("digits", "3.11", None, (), "sklearn")


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
    environment = replace(SERVICE, flavour=flavour, requirements=file)
    with pytest.raises(RequirementsError) as caught:
        flavours.require_library(environment, ["numpy"])
    assert str(caught.value) == (
        f"{file}: has no {library}, with which `flavour: {flavour}` loads its model; "
        f"add {library}, in the version that the model was saved with"
    )
    flavours.require_library(environment, ["numpy", library])


def test_where_there_are_no_requirements_the_service_is_named() -> None:
    with pytest.raises(RequirementsError) as caught:
        flavours.require_library(SERVICE, [])
    assert str(caught.value) == (
        "services.digits: has no scikit-learn, with which `flavour: sklearn` loads its model; "
        "write a requirements.txt with scikit-learn, in the version that the model was saved with"
    )


def test_a_variant_of_the_library_will_do() -> None:
    flavours.require_library(replace(SERVICE, flavour="onnx"), ["onnxruntime-gpu"])


def test_a_handler_needs_no_library() -> None:
    flavours.require_library(replace(SERVICE, flavour=None), [])


def test_a_lock_without_the_library_of_a_new_flavour_is_out_of_date() -> None:
    wheels = (Wheel("onnxruntime", "1.20", "o.whl", "0" * 64, 1),)
    inputs = fingerprint.inputs(SERVICE)
    locked = LockedEnvironment("3.11", "bookworm", "linux/amd64", inputs, (), (), (), wheels)
    assert is_stale(SERVICE, locked) == (
        "`flavour: sklearn` needs scikit-learn, which is not in it"
    )
    assert is_stale(replace(SERVICE, flavour="onnx"), locked) is None
