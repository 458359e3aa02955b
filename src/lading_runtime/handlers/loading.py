"""Loads the user's code: `module:attribute` becomes something that predicts.

A class is instantiated, once, and has `predict`, `predict_batch` or both. A function is `predict`,
unless it is itself called `predict_batch`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Optional

from . import batches, streams
from .finding import find
from .handler import Handler, HandlerError
from .hints import SignatureError
from .signature import Signature, read

Function = Callable[..., Any]


def load(name: str, source: str) -> Handler:
    """Import `module:attribute` from the folder `source`; a class is instantiated.

    Raises HandlerError, and whatever the user's own import or constructor raises.
    """
    target = find(name, source)
    return handler_of(name, target() if inspect.isclass(target) else target)


def handler_of(name: str, target: Any) -> Handler:
    """Around a function, or an object with `predict`, `predict_batch` or both.

    Raises HandlerError that says what cannot be served.
    """
    predict, predict_batch = _functions(target, name.rpartition(":")[2])
    try:
        if predict_batch is not None:
            return _batched(name, predict_batch, predict)
        if predict is not None:
            return _single(name, predict)
    except SignatureError as error:
        raise HandlerError(str(error)) from error
    raise HandlerError(
        f"{name.rpartition(':')[2]} has no predict method; add one (or predict_batch), "
        "or name a function"
    )


def _functions(target: Any, attribute: str) -> tuple[Optional[Function], Optional[Function]]:
    """The user's predict and predict_batch, those that are there."""
    if inspect.isroutine(target):
        is_batch = attribute.rpartition(".")[2] == "predict_batch"
        return (None, target) if is_batch else (target, None)
    predict = getattr(target, "predict", None)
    predict_batch = getattr(target, "predict_batch", None)
    for name, function in (("predict", predict), ("predict_batch", predict_batch)):
        if function is not None and not callable(function):
            raise HandlerError(f"{attribute}.{name} is not a method")
    return predict, predict_batch


def _single(name: str, predict: Function) -> Handler:
    signature = read(predict)
    if signature.streams:
        return Handler(
            name,
            signature,
            streams.adapt(predict, signature.annotation),
            asynchronous=streams.is_asynchronous(predict, signature.annotation),
            streams=True,
        )
    return Handler(name, signature, predict, asynchronous=inspect.iscoroutinefunction(predict))


def _batched(name: str, predict_batch: Function, predict: Optional[Function]) -> Handler:
    batched = batches.read(predict_batch)
    signature = batched.signature()
    asynchronous = inspect.iscoroutinefunction(predict_batch)
    if predict is not None:
        signature, predict = _beside(batched, signature, predict)
        if inspect.iscoroutinefunction(predict) is not asynchronous:
            raise HandlerError(
                "one of predict and predict_batch is async, the other is not; make both alike"
            )
        if batched.record is not None:
            predict = _taking_apart(predict, batched.record.take_apart)
    adapted = batches.adapt(predict_batch, batched, signature.parameters)
    return Handler(name, signature, predict, adapted, asynchronous)


def _beside(
    batched: batches.Batched, signature: Signature, predict: Function
) -> tuple[Signature, Function]:
    """What a request looks like when predict stands beside predict_batch."""
    single = read(predict)
    if single.streams:
        raise HandlerError("predict streams, and a stream has no batches; remove predict_batch")
    if batched.record is None:
        expected = [batched.name]
    else:
        expected = [field.attribute for field in batched.record.fields]
    names = [parameter.name for parameter in single.parameters]
    if sorted(names) != sorted(expected):
        raise HandlerError(
            f"predict takes {_listed(names)} and predict_batch {_listed(expected)}; "
            "both need the same arguments"
        )
    return (single if batched.record is None else signature), predict


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "nothing"


def _taking_apart(predict: Function, take_apart: Callable[[Any], dict[str, Any]]) -> Function:
    """predict, called with an Input's fields where it comes as a whole."""

    def apart(**arguments: Any) -> Any:
        (value,) = arguments.values()
        return predict(**take_apart(value))

    return apart
