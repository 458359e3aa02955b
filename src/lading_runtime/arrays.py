"""numpy arrays and scalars, where the user's image has numpy: JSON lists in, JSON lists out."""

from __future__ import annotations

import sys
import typing
from typing import Any


def _numpy() -> Any:
    # Never imported here: a hint or a value of numpy's exists only where the user's code did.
    return sys.modules.get("numpy")


def is_array(hint: Any) -> bool:
    """Whether a hint is `numpy.ndarray` or an `NDArray[...]`."""
    numpy = _numpy()
    return numpy is not None and (typing.get_origin(hint) or hint) is numpy.ndarray


def decode(hint: Any, value: Any) -> Any:
    """What msgspec asks for a type it does not know. Raises ValueError, NotImplementedError."""
    if not is_array(hint):
        raise NotImplementedError(f"{hint} cannot be read from JSON")
    numpy = _numpy()
    if not isinstance(value, list):
        came = type(value).__name__
        raise ValueError(f"Expected `array of numbers`, got `{came}`")  # noqa: TRY004
    try:
        array = numpy.asarray(value)
    except (ValueError, OverflowError) as error:
        raise ValueError("Expected `array of numbers`, got `ragged array`") from error
    if array.dtype.kind not in "biuf":
        raise ValueError("Expected `array of numbers`, got `array of other things`")
    wanted = _dtype(hint)
    return array if wanted is None else _cast(array, wanted)


def _dtype(hint: Any) -> Any:
    """The `numpy.dtype` that `NDArray[T]` asks for; None when it leaves it open."""
    for argument in typing.get_args(hint):
        for scalar in typing.get_args(argument):
            if isinstance(scalar, type) and issubclass(scalar, _numpy().generic):
                try:
                    return _numpy().dtype(scalar)
                except TypeError:  # abstract, such as numpy.floating
                    return None
    return None


def _cast(array: Any, wanted: Any) -> Any:
    numpy = _numpy()
    came = array.dtype
    fits = array.size == 0 or wanted.kind == "f" or came.kind == wanted.kind == "b"
    if not fits and wanted.kind in "iu" and came.kind in "iu":
        bounds = numpy.iinfo(wanted)
        fits = bounds.min <= int(array.min()) and int(array.max()) <= bounds.max
    if not fits:
        raise ValueError(f"Expected `array of {wanted}`, got `array of {came}`")
    with numpy.errstate(over="ignore"):
        return array.astype(wanted)


def encode(value: Any) -> Any:
    """What msgspec asks for a value it does not know. Raises NotImplementedError."""
    numpy = _numpy()
    if numpy is not None:
        if isinstance(value, numpy.ndarray):
            return value.tolist()
        if isinstance(value, numpy.generic):
            return value.item()
    raise NotImplementedError(f"a {type(value).__qualname__} cannot be written as JSON")


def with_plain_keys(value: Any) -> Any:
    """Copy with numpy's scalars as keys replaced by Python's, as `dict(zip(classes_, …))` has."""
    if isinstance(value, dict):
        return {_plain(key): with_plain_keys(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return [with_plain_keys(item) for item in value]
    return value


def _plain(key: Any) -> Any:
    numpy = _numpy()
    return key.item() if numpy is not None and isinstance(key, numpy.generic) else key
