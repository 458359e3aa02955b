"""Tensors for arguments that are arrays of numpy's."""

from __future__ import annotations

import sys
import typing
from typing import Any, Optional

from .tensor import InputTensor


def hint_of(hint: Any) -> Optional[Any]:
    """`numpy.ndarray` or `NDArray[...]`, without `Annotated` and `Optional`; None for another."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if hasattr(hint, "__metadata__"):
        return hint_of(hint.__origin__)
    if (typing.get_origin(hint) or hint) is numpy.ndarray:
        return hint
    if typing.get_origin(hint) is typing.Union or type(hint).__name__ == "UnionType":
        found = [hint_of(option) for option in typing.get_args(hint)]
        return next((one for one in found if one is not None), None)
    return None


def dtype_of(hint: Any) -> Any:
    """The `numpy.dtype` that `NDArray[T]` asks for; None when it leaves it open."""
    numpy: Any = sys.modules["numpy"]
    for argument in typing.get_args(hint):
        for scalar in typing.get_args(argument):
            if isinstance(scalar, type) and issubclass(scalar, numpy.generic):
                try:
                    return numpy.dtype(scalar)
                except TypeError:  # abstract, such as numpy.floating
                    return None
    return None


def fitted(tensor: InputTensor, hint: Any) -> Any:
    """The tensor as it is where its datatype is the wanted one, else one that holds as much.

    Raises ValueError, which says what was expected.
    """
    wanted = dtype_of(hint)
    if not tensor.datatype.size:
        return _texts(tensor, wanted)
    array = tensor.array()
    if wanted is None or array.dtype == wanted:
        return array
    numpy: Any = sys.modules["numpy"]
    fits = array.size == 0 or wanted.kind == "f"
    if not fits and wanted.kind in "iu" and array.dtype.kind in "iu":
        bounds = numpy.iinfo(wanted)
        fits = bounds.min <= int(array.min()) and int(array.max()) <= bounds.max
    if not fits:
        raise ValueError(f"a tensor of {wanted}")
    with numpy.errstate(over="ignore"):
        return array.astype(wanted)


def _texts(tensor: InputTensor, wanted: Any) -> Any:
    """Elements of BYTES: bytes where the hint says so, else text."""
    if wanted is not None and wanted.kind not in "OSU":
        raise ValueError(f"a tensor of {wanted}")
    array = tensor.array()
    if wanted is not None and wanted.kind == "S":
        return array.astype(wanted) if array.size else array
    flat = array.reshape(-1)
    try:
        flat[:] = [element.decode() for element in flat]
    except UnicodeDecodeError:
        raise ValueError("text in UTF-8") from None
    return array if wanted is None or wanted.kind == "O" else array.astype(wanted)
