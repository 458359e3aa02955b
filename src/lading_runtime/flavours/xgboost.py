"""XGBoost: boosters and wrappers saved by `save_model`, and pickled wrappers."""

from __future__ import annotations

import json
import re
from typing import Any, Optional

from ..handlers.handler import Handler
from . import cores, pickles, tabular
from .libraries import differs, needed
from .rows import Columns
from .sklearn import of_estimator

_TAIL_BYTES = 256
_IN_JSON = re.compile(rb'"version"\s*:\s*\[\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\]')
# Universal Binary JSON: the key, `[#` with a count or `[`, then small numbers marked `i` or `U`.
_IN_UBJ = re.compile(rb"version\[(?:#[LliIU]\x00{0,7}\x03)?[iU](.)[iU](.)[iU](.)", re.DOTALL)


def load(path: str) -> Handler:
    """Raises HandlerError, and what the library raises."""
    library = needed("xgboost", "xgboost")
    versions = {"xgboost": str(library.__version__)}
    if path.endswith(pickles.ENDINGS):
        model = pickles.load_threaded(path)
        if not isinstance(model, library.Booster):
            return tabular.handler(path, of_estimator(path, model, "xgboost_joblib", versions))
    else:
        model = library.Booster()
        model.load_model(path)
        saved = saved_version(path)
        if saved and saved != versions["xgboost"]:
            differs(path, {"xgboost": (saved, versions["xgboost"])})
    model.set_param({"nthread": cores.threads()})
    return tabular.handler(path, of_booster(library, model, versions))


def saved_version(path: str) -> Optional[str]:
    """Of the library that wrote the file, where the file tells."""
    with open(path, "rb") as file:  # noqa: PTH123
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _TAIL_BYTES))
        tail = file.read()
    match = _IN_JSON.search(tail)
    if match:
        return ".".join(number.decode() for number in match.groups())
    match = _IN_UBJ.search(tail)
    return ".".join(str(number[0]) for number in match.groups()) if match else None


def of_booster(library: Any, booster: Any, versions: "dict[str, str]") -> tabular.Tabular:
    """As the wrapper that saved it predicts; a booster of `xgboost.train` as it does itself."""
    config = json.loads(booster.save_config())["learner"]
    wrapper = json.loads(booster.attr("scikit_learn") or "{}").get("_estimator_type")
    trees = (0, 0)
    if wrapper and booster.attr("best_iteration") is not None:
        trees = (0, int(booster.attr("best_iteration")) + 1)
    linear = config["gradient_booster"]["name"] == "gblinear"

    def margins(rows: Any) -> Any:
        if linear or not len(rows):
            return booster.predict(library.DMatrix(rows), validate_features=False)
        return booster.inplace_predict(rows, iteration_range=trees, validate_features=False)

    names = tuple(booster.feature_names or ())
    columns = Columns(int(booster.num_features()), names)
    if wrapper != "classifier":
        return tabular.Tabular("xgboost_booster", columns, margins, versions=versions)
    predict, probabilities = _classifier(margins, config["objective"]["name"])
    return tabular.Tabular("xgboost_booster", columns, predict, probabilities, "INT64", versions)


def _classifier(scores: Any, objective: str) -> "tuple[Any, Any]":
    """Classes, and probabilities where the objective has them."""
    numpy = needed("numpy", "numpy")
    if objective == "multi:softmax":
        return (lambda rows: scores(rows).astype(numpy.int64)), None

    def predict(rows: Any) -> Any:
        given = scores(rows)
        chosen = given.argmax(axis=1) if given.ndim == 2 else given > 0.5
        return chosen.astype(numpy.int64)

    def probabilities(rows: Any) -> Any:
        given = scores(rows)
        return given if given.ndim == 2 else numpy.column_stack((1.0 - given, given))

    has = objective in ("multi:softprob", "binary:logistic")
    return predict, probabilities if has else None
