"""The table of flavours, and what may go wrong with any of them said alike."""

from __future__ import annotations

import importlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..handlers.handler import Handler, HandlerError
from .pickles import UnreadableError

MODULES = {
    "sklearn": ".sklearn",
    "xgboost": ".xgboost",
    "lightgbm": ".lightgbm",
    "onnx": ".onnx",
    "torchscript": ".torchscript",
    "mlflow": ".mlflow",
}
"""Each module has `load(path) -> Handler`."""


def load(flavour: str, path: str) -> Handler:
    """The model in the file or folder `path`.

    Raises HandlerError for a library that is missing, a file that cannot be loaded, and a model
    that cannot predict.
    """
    if flavour not in MODULES:
        raise HandlerError(f"expected a flavour of {', '.join(MODULES)}, got {flavour!r}")
    if not os.path.exists(path):  # noqa: PTH110
        raise HandlerError(f"{path}: there is no such model")
    module = importlib.import_module(MODULES[flavour], __package__)
    try:
        handler: Handler = _in_a_thread(module.load, path)
    except HandlerError:
        raise
    except ModuleNotFoundError as error:
        raise HandlerError(
            f"{path} needs the module {error.name!r}; add the package that has it to the "
            "requirements"
        ) from error
    except Exception as error:
        raise HandlerError(f"{path} cannot be loaded as {flavour}: {_why(error)}") from error
    return handler


def _why(error: Exception) -> str:
    """In one line; a library's own words after the name of its error."""
    if isinstance(error, UnreadableError):
        return str(error)
    name, words = type(error).__name__, " ".join(str(error).split())
    return f"{name}: {words}" if words else name


def _in_a_thread(function: Any, path: str) -> Any:
    """Called in a thread that is gone when it returns.

    The threads of OpenMP belong to the one that first needs some. Were that this one, a process
    forked from here would wait for them forever, and XGBoost and LightGBM need some to load.
    """
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(function, path).result()
