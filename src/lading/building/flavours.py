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


Choice = tuple[str, ...]
"""Names of distributions any one of which will do; the first is the usual one."""


@dataclass(frozen=True)
class Flavour:
    """A kind of model. `needs` are the libraries without which none is served."""

    needs: tuple[Choice, ...]
    endings: tuple[str, ...] = ()
    """Of files that nothing else is likely to be, with the dot."""
    is_pickled: bool = False
    """Whether such a model may be a pickled Python object as well."""


FLAVOURS: Mapping[str, Flavour] = {
    "sklearn": Flavour((("scikit-learn",),), (".joblib", ".skops"), is_pickled=True),
    "xgboost": Flavour((("xgboost", "xgboost-cpu"),), (".ubj", ".xgb"), is_pickled=True),
    "lightgbm": Flavour((("lightgbm",),), (".lgb", ".lgbm"), is_pickled=True),
    "onnx": Flavour((("onnxruntime", "onnxruntime-gpu"),), (".onnx",)),
    # torch itself comes without numpy, which its answers are made with.
    "torchscript": Flavour((("torch",), ("numpy",)), (".pt", ".pth", ".torchscript")),
    # Without mlflow the model inside is loaded by its own flavour, and MLmodel read as YAML.
    "mlflow": Flavour((("mlflow", "mlflow-skinny", "pyyaml"),)),
}
"""By the name that lading.yaml knows each by."""
_PICKLED: Mapping[str, Choice] = {
    ".joblib": ("joblib",),
    ".pkl": ("joblib",),
    ".pickle": ("joblib",),
    ".skops": ("skops",),
}


def of_file(path: PurePosixPath) -> str | None:
    """The flavour that a model's file name speaks for; None where it may be of several."""
    ending = path.suffix.lower()
    return next((name for name, one in FLAVOURS.items() if ending in one.endings), None)


def missing_library(environment: Environment, distributions: Iterable[str]) -> str | None:
    """The library to add, where `distributions` cannot load the environment's model."""
    model = environment.model
    if model is None:
        return None
    flavour, there = FLAVOURS[model.flavour], set(distributions)
    unpickling = _PICKLED.get(model.path.suffix) if flavour.is_pickled else None
    needs = (*flavour.needs, *((unpickling,) if unpickling else ()))
    return next((choice[0] for choice in needs if there.isdisjoint(choice)), None)


def require_library(environment: Environment, distributions: Iterable[str]) -> None:
    """Raise RequirementsError, naming what to add, where `missing_library` finds one."""
    library = missing_library(environment, distributions)
    if library is None or environment.model is None:
        return
    file = environment.requirements
    add = f"add {library}" if file else f"write a requirements.txt with {library}"
    raise RequirementsError(
        f"has no {library}, with which `flavour: {environment.model.flavour}` loads its model",
        where=shown(file) if file else f"services.{environment.name}",
        todo=f"{add}, in the version that the model was saved with",
    )
