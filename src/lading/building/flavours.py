"""Flavours: kinds of model that are served with no handler, and what each needs in an image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from lading.building.places import shown
from lading.building.recipe import Environment
from lading.errors import RequirementsError

MLFLOW_FILE = "MLmodel"
"""The file that makes a folder an MLflow model."""


@dataclass(frozen=True)
class Flavour:
    """A kind of model."""

    libraries: tuple[str, ...]
    """Names of distributions, any one of which loads such a model; the first is the usual one."""
    endings: tuple[str, ...] = ()
    """Of files that nothing else is likely to be, with the dot."""


FLAVOURS: Mapping[str, Flavour] = {
    "sklearn": Flavour(("scikit-learn",), (".joblib", ".skops")),
    "xgboost": Flavour(("xgboost", "xgboost-cpu"), (".ubj", ".xgb")),
    "lightgbm": Flavour(("lightgbm",), (".lgb", ".lgbm")),
    "onnx": Flavour(("onnxruntime", "onnxruntime-gpu"), (".onnx",)),
    "torchscript": Flavour(("torch",), (".pt", ".pth", ".torchscript")),
    "mlflow": Flavour(("mlflow", "mlflow-skinny")),
}
"""By the name that lading.yaml knows each by."""


def of_file(path: PurePosixPath) -> str | None:
    """The flavour that a model's file name speaks for; None where it may be of several."""
    ending = path.suffix.lower()
    return next((name for name, one in FLAVOURS.items() if ending in one.endings), None)


def missing_library(environment: Environment, distributions: Iterable[str]) -> str | None:
    """The library to add, where nothing among `distributions` loads models of its flavour."""
    if environment.flavour is None:
        return None
    libraries = FLAVOURS[environment.flavour].libraries
    return libraries[0] if set(libraries).isdisjoint(distributions) else None


def require_library(environment: Environment, distributions: Iterable[str]) -> None:
    """Raise RequirementsError, naming what to add, where `missing_library` finds one."""
    library = missing_library(environment, distributions)
    if library is None:
        return
    file = environment.requirements
    add = f"add {library}" if file else f"write a requirements.txt with {library}"
    raise RequirementsError(
        f"has no {library}, with which `flavour: {environment.flavour}` loads its model",
        where=shown(file) if file else f"services.{environment.name}",
        todo=f"{add}, in the version that the model was saved with",
    )
