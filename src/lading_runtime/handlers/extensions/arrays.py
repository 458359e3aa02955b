"""numpy arrays and scalars, where the user's image has numpy: JSON lists in, JSON lists out."""

from __future__ import annotations

import sys
import typing
from collections.abc import Sequence
from typing import Any

from .. import wording
from . import elements
from .misfit import misfit

TAKES_FILE = False


def _numpy() -> Any:
    # Never imported here: a hint or a value of numpy's exists only where the user's code did.
    return sys.modules.get("numpy")


def owns(hint: Any) -> bool:
    """Whether a hint is `numpy.ndarray` or an `NDArray[...]`."""
    numpy = _numpy()
    return numpy is not None and (typing.get_origin(hint) or hint) is numpy.ndarray


def decode(hint: Any, value: Any) -> Any:
    """From nested lists, or an array of whichever dtype. Raises ValueError."""
    numpy = _numpy()
    wanted = dtype_of(hint)
    if isinstance(value, numpy.ndarray):
        return value if wanted is None or value.dtype == wanted else _cast(value, wanted)
    if not isinstance(value, list):
        raise misfit("array of numbers", wording.kind(value))
    try:
        array = numpy.asarray(value)
    except (ValueError, OverflowError) as error:
        raise elements.not_numbers(value) from error
    if array.dtype.kind not in "biuf":
        raise elements.not_numbers(value)
    return array if wanted is None or array.dtype == wanted else _cast(array, wanted)


def dtype_of(hint: Any) -> Any:
    """The `numpy.dtype` that `NDArray[T]` asks for; None when it leaves it open."""
    for argument in typing.get_args(hint):
        for scalar in typing.get_args(argument):
            if isinstance(scalar, type) and issubclass(scalar, _numpy().generic):
                try:
                    return _numpy().dtype(scalar)
                except TypeError:  # abstract, such as numpy.floating
                    return None
    return None


def view(body: Any, dtype: Any) -> Any:
    """The array of a body's bytes, of one axis; of a copy where they cannot be written to."""
    numpy = _numpy()
    array = numpy.frombuffer(body, dtype)
    return array if array.flags.writeable else array.copy()


def stacks(arrays: Sequence[Any]) -> list[tuple[list[int], Any]]:
    """Arrays of one shape and dtype together, on a new first axis, with their places."""
    groups: dict[tuple[Any, str], list[int]] = {}
    for place, array in enumerate(arrays):
        groups.setdefault((array.shape, array.dtype.str), []).append(place)
    stack = _numpy().stack
    return [(places, stack([arrays[place] for place in places])) for places in groups.values()]


def schema(hint: Any) -> dict[str, Any]:
    """Nested lists of any depth."""
    dtype = dtype_of(hint)
    numbers = "numbers" if dtype is None else str(dtype)
    return {"type": "array", "description": f"nested lists of {numbers}"}


def expected(hint: Any) -> str:
    """With the dtype where there is one."""
    dtype = dtype_of(hint)
    return "array of numbers" if dtype is None else f"array of {dtype}"


def _cast(array: Any, wanted: Any) -> Any:
    numpy = _numpy()
    came = array.dtype
    fits = array.size == 0 or wanted.kind == "f" or came.kind == wanted.kind == "b"
    if not fits and wanted.kind in "iu" and came.kind in "iu":
        bounds = numpy.iinfo(wanted)
        fits = bounds.min <= int(array.min()) and int(array.max()) <= bounds.max
    if not fits:
        raise elements.past(array, wanted)
    with numpy.errstate(over="ignore"):
        cast = array.astype(wanted)
    if wanted.kind == "f" and not numpy.can_cast(came, wanted):
        overflown = elements.overflown(array, cast)
        if overflown is not None:
            raise overflown
    return cast


def encode(value: Any) -> Any:
    """Arrays as nested lists, scalars as numbers. Raises NotImplementedError."""
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
