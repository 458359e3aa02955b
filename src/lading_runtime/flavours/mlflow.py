"""MLflow model folders: by mlflow where the image has it, else by the flavour of the model inside.

What columns there are comes from the signature in the file `MLmodel`; what the model was saved
with, from its requirements.txt. https://mlflow.org/docs/latest/ml/model/
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import Path
from typing import Any

from ..handlers.handler import Handler, HandlerError
from . import loading, tabular
from .libraries import differs, needed, optional
from .rows import Columns

FILE = "MLmodel"
_INNER = {
    "sklearn": ("pickled_model", "model.pkl"),
    "xgboost": ("data", "model.xgb"),
    "lightgbm": ("data", "model.lgb"),
    "onnx": ("data", "model.onnx"),
}
"""By flavour: the key that names its file, and the name where the key is not there."""
_DTYPES = {
    "boolean": "bool", "integer": "int32", "long": "int64", "float": "float32",
    "double": "float64", "string": "object",
}  # fmt: skip
_PIN = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*==\s*([^\s;#]+)")


def load(path: str) -> Handler:
    """Raises HandlerError, and what the libraries raise."""
    file = Path(path) / FILE
    if not file.is_file():
        raise HandlerError(f"{path} is no MLflow model: there is no file {FILE} in it")
    model = needed("yaml", "mlflow or pyyaml").safe_load(file.read_text("utf-8"))
    differs(path, _differences(Path(path) / "requirements.txt"))
    if optional("mlflow.pyfunc") is not None:
        return tabular.handler(path, _by_mlflow(path, model))
    flavours = model.get("flavors") or {}
    for flavour, (key, usual) in _INNER.items():
        if flavour in flavours:
            named = flavours[flavour].get(key) or usual
            return loading.load(flavour, str(Path(path) / _file(Path(path), named, usual)))
    raise HandlerError(f"{path} needs mlflow, which is not installed; add mlflow to requirements")


def _file(folder: Path, named: str, usual: str) -> str:
    """Where a key names a folder, the usual file in it."""
    return f"{named}/{usual}" if (folder / named).is_dir() else named


def _differences(file: Path) -> "dict[str, tuple[str, str]]":
    """Saved and installed versions of pinned requirements that differ. mlflow itself is none."""
    found = {}
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    for match in filter(None, (_PIN.match(line.strip()) for line in lines)):
        name, saved = match.groups()
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if installed != saved:
            found[name] = (saved, installed)
    return found


def _by_mlflow(path: str, model: "dict[str, Any]") -> tabular.Tabular:
    mlflow = needed("mlflow.pyfunc", "mlflow")
    loaded = mlflow.load_model(path)
    columns = json.loads((model.get("signature") or {}).get("inputs") or "[]")
    version = importlib.metadata.version("mlflow-skinny")
    if not columns or columns[0].get("type") == "tensor":
        shape = columns[0]["tensor-spec"]["shape"] if columns else [-1, -1]
        dtype = columns[0]["tensor-spec"]["dtype"] if columns else None
        if len(shape) != 2:
            raise HandlerError(f"{path}: its input has the shape {shape}; rows of features do")
        width = shape[1] if shape[1] > 0 else None

        def plain(rows: Any) -> Any:
            return _values(loaded.predict(rows.astype(dtype) if dtype else rows))

        return tabular.Tabular("mlflow_pyfunc", Columns(width), plain, versions={"mlflow": version})
    pandas = needed("pandas", "pandas")
    names = tuple(str(x.get("name", place)) for place, x in enumerate(columns))
    dtypes = {name: _DTYPES.get(x["type"], "object") for name, x in zip(names, columns)}  # noqa: B905
    texts = "object" in dtypes.values()

    def framed(rows: Any) -> Any:
        frame = pandas.DataFrame(rows, columns=names).astype(dtypes)
        return _values(loaded.predict(frame))

    return tabular.Tabular(
        "mlflow_pyfunc", Columns(len(names), names, texts), framed, versions={"mlflow": version}
    )


def _values(given: Any) -> Any:
    """One value for each row: a DataFrame's are objects, or plain where it has one column."""
    if hasattr(given, "to_dict") and hasattr(given, "columns"):
        if len(given.columns) == 1:
            return given.iloc[:, 0].to_numpy()
        return given.to_dict("records")
    return given.to_numpy() if hasattr(given, "to_numpy") else given
