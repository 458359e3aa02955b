"""scikit-learn: estimators and pipelines saved by joblib, pickle or skops."""

from __future__ import annotations

from typing import Any

from ..handlers.handler import Handler, HandlerError
from . import pickles, tabular
from .libraries import needed, optional
from .rows import Columns

_INTEGERS = {"i": "INT64", "u": "INT64", "b": "BOOL", "f": "FP64"}


def load(path: str) -> Handler:
    """Raises HandlerError, and what unpickling raises."""
    library = needed("sklearn", "scikit-learn")
    model = pickles.load(path)
    versions = {"scikit-learn": library.__version__}
    return tabular.handler(path, of_estimator(path, model, "sklearn_joblib", versions))


def of_estimator(
    path: str, model: Any, platform: str, versions: "dict[str, str]"
) -> tabular.Tabular:
    """Anything with scikit-learn's interface. Raises HandlerError for what cannot predict."""
    if not callable(getattr(model, "predict", None)):
        raise HandlerError(f"{path} holds a {type(model).__qualname__}, which has no predict")
    names = getattr(model, "feature_names_in_", None)
    names = () if names is None else tuple(str(name) for name in names)
    pandas = optional("pandas") if names else None
    width = getattr(model, "n_features_in_", len(names) or None)
    # A booster's own frame is of no use to it: its columns are numbers in the order of training.
    texts = pandas is not None and platform.startswith("sklearn")
    predict = _framed(model.predict, names, pandas)
    has_probabilities = callable(getattr(model, "predict_proba", None))
    return tabular.Tabular(
        platform,
        Columns(None if width is None else int(width), names, texts),
        predict,
        _framed(model.predict_proba, names, pandas) if has_probabilities else None,
        _datatype(model),
        versions,
    )


def _framed(function: Any, names: "tuple[str, ...]", pandas: Any) -> Any:
    """The function of a table, given a DataFrame as in training where pandas is there."""
    if pandas is None:
        return function

    def framed(rows: Any) -> Any:
        frame = pandas.DataFrame(rows, columns=names)
        return function(frame.infer_objects() if rows.dtype.kind == "O" else frame)

    return framed


def _datatype(model: Any) -> str:
    classes = getattr(model, "classes_", None)
    kind = getattr(getattr(classes, "dtype", None), "kind", "f")
    return _INTEGERS.get(kind, "BYTES")
