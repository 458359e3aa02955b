"""Tensors for arguments that are arrays of numpy's."""

from __future__ import annotations

import sys
from typing import Any, Optional

from ...handlers import hints
from ...handlers.extensions import arrays
from ...handlers.extensions.misfit import misfit
from .tensor import InputTensor


def any_array() -> Any:
    """The hint of an array of any type; None without numpy."""
    numpy = sys.modules.get("numpy")
    return None if numpy is None else numpy.ndarray


def hint_of(hint: Any) -> Optional[Any]:
    """`numpy.ndarray` or `NDArray[...]`, without `Annotated` and `Optional`; None for another."""
    plain = (hints.bare(choice) for choice in hints.choices(hint))
    return next((choice for choice in plain if arrays.owns(choice)), None)


def fitted(tensor: InputTensor, hint: Any) -> Any:
    """The tensor as it is where its datatype is the wanted one, else one that holds as much.

    Raises Misfit.
    """
    if not tensor.datatype.size:
        return _texts(tensor, arrays.dtype_of(hint))
    return arrays.decode(hint, tensor.array())


def _texts(tensor: InputTensor, wanted: Any) -> Any:
    """Elements of BYTES: bytes where the hint says so, else text."""
    if wanted is not None and wanted.kind not in "OSU":
        raise misfit(f"array of {wanted}", "array of texts")
    array = tensor.array()
    if wanted is not None and wanted.kind == "S":
        return array.astype(wanted) if array.size else array
    flat = array.reshape(-1)
    try:
        flat[:] = [element.decode() for element in flat]
    except UnicodeDecodeError:
        raise misfit("text in UTF-8", "other bytes") from None
    return array if wanted is None or wanted.kind == "O" else array.astype(wanted)
