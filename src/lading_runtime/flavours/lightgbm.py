"""LightGBM: boosters in its text format, and pickled boosters and wrappers."""

from __future__ import annotations

import re
from typing import Any

from ..handlers.handler import Handler
from . import cores, pickles, tabular
from .libraries import needed
from .rows import Columns
from .sklearn import of_estimator

_UNNAMED = re.compile(r"Column_\d+")


def load(path: str) -> Handler:
    """Raises HandlerError, and what the library raises."""
    library = needed("lightgbm", "lightgbm")
    versions = {"lightgbm": str(library.__version__)}
    if path.endswith(pickles.ENDINGS):
        model = pickles.load_threaded(path)
        if not isinstance(model, library.Booster):
            return tabular.handler(path, of_estimator(path, model, "lightgbm_joblib", versions))
    else:
        model = library.Booster(model_file=path)
    return tabular.handler(path, _of_booster(model, versions))


def _of_booster(booster: Any, versions: "dict[str, str]") -> tabular.Tabular:
    """What `Booster.predict` gives: of a classifier, the probabilities of its classes."""
    threads = cores.threads()

    def predict(rows: Any) -> Any:
        return booster.predict(rows, num_threads=threads)

    names = tuple(booster.feature_name())
    if all(_UNNAMED.fullmatch(name) for name in names):
        names = ()
    columns = Columns(int(booster.num_feature()), names)
    return tabular.Tabular("lightgbm_booster", columns, predict, versions=versions)
