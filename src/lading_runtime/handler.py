"""Loads the user's code: `module:attribute` becomes something that predicts."""

from __future__ import annotations

import importlib
import importlib.machinery
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .signature import Signature, SignatureError, read


class HandlerError(Exception):
    """User code that cannot be served; the message says why and what to do."""


@dataclass(frozen=True)
class Handler:
    """Loaded user code, ready to be called with keyword arguments."""

    name: str
    predict: Callable[..., Any]
    asynchronous: bool
    signature: Signature


def load(name: str, source: str) -> Handler:
    """Import `module:attribute` from the folder `source`; a class is instantiated.

    Raises HandlerError, and whatever the user's own import or constructor raises.
    """
    if source not in sys.path:
        sys.path.insert(0, source)
    module_name, _, attribute = name.partition(":")
    _make_way(module_name.partition(".")[0], source)
    target: Any = importlib.import_module(module_name)
    for part in attribute.split("."):
        if not hasattr(target, part):
            raise HandlerError(f"module {module_name!r} has no attribute {attribute!r}")
        target = getattr(target, part)
    predict = _predict_of(target() if inspect.isclass(target) else target, attribute)
    _refuse_streams(predict)
    try:
        signature = read(predict)
    except SignatureError as error:
        raise HandlerError(str(error)) from error
    return Handler(name, predict, inspect.iscoroutinefunction(predict), signature)


def _make_way(name: str, source: str) -> None:
    """For a handler whose module is called as one that the server has loaded, such as `queue`."""
    loaded = sys.modules.get(name)
    spec = importlib.machinery.PathFinder.find_spec(name, [source])
    if loaded is None or spec is None or spec.origin is None:
        return
    if getattr(loaded, "__file__", None) != spec.origin:
        del sys.modules[name]


def _predict_of(target: Any, attribute: str) -> Callable[..., Any]:
    if inspect.isroutine(target):
        return target
    predict = getattr(target, "predict", None)
    if callable(predict):
        return predict  # type: ignore[no-any-return]
    if hasattr(target, "predict_batch"):
        raise HandlerError(f"{attribute}.predict_batch is not yet supported; define predict")
    raise HandlerError(f"{attribute} has no predict method; add one, or name a function")


def _refuse_streams(predict: Callable[..., Any]) -> None:
    if inspect.isgeneratorfunction(predict) or inspect.isasyncgenfunction(predict):
        raise HandlerError("predict yields; streamed answers are not yet supported")
