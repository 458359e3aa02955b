"""Which element of an array does not fit, and why. Asked only where something is known not to."""

from __future__ import annotations

import sys
from typing import Any, Optional

from ...problem import Fault
from .. import wording
from .misfit import Misfit, misfit

_AXES = 64
"""Of an array, at most, in numpy 2; 32 in numpy 1."""


def not_numbers(value: list[Any]) -> Misfit:
    """Of nested lists that make no array of numbers."""
    shape: list[int] = []
    first: Any = value
    while isinstance(first, list):
        shape.append(len(first))
        first = first[0] if first else None
    if len(shape) > _AXES:
        return misfit(f"array of at most {_AXES} axes", f"array of {len(shape)}")
    fault = _fault(value, tuple(shape), "")
    return misfit("array of numbers", "array of other things") if fault is None else Misfit([fault])


def _fault(value: Any, shape: tuple[int, ...], path: str) -> Optional[Fault]:
    """The first within a value that should have a shape."""
    if not shape:
        return _no_number(value, path)
    if not isinstance(value, list):
        return Fault(path, f"array of {shape[0]}, as the first is", wording.came(value))
    if len(value) != shape[0]:
        return Fault(path, f"array of {shape[0]}, as the first is", f"array of {len(value)}")
    found = (_fault(item, shape[1:], f"{path}[{index}]") for index, item in enumerate(value))
    return next((fault for fault in found if fault is not None), None)


def _no_number(value: Any, path: str) -> Optional[Fault]:
    if not isinstance(value, (bool, int, float)):
        came = "an array" if isinstance(value, list) else wording.came(value)
        return Fault(path, "a number", came)
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return Fault(path, "a whole number of at most 64 bits", _shortened(value))
    return None


def _shortened(number: int) -> str:
    # Its digits are not asked for: of very many, Python refuses to write them.
    if number.bit_length() <= 200:
        return str(number)
    return f"one of {number.bit_length()} bits"


def past(array: Any, wanted: Any) -> Misfit:
    """Of an array of numbers that an integer dtype does not hold, or another kind of dtype."""
    numpy = sys.modules["numpy"]
    if wanted.kind in "iu" and array.dtype.kind in "iu":
        bounds = numpy.iinfo(wanted)
        at = array.argmin() if int(array.min()) < bounds.min else array.argmax()
        return _at(array, at, f"{wanted}, {bounds.min} to {bounds.max}")
    if wanted.kind in "iu" and array.dtype.kind == "f":
        broken = array != numpy.trunc(array)
        if broken.any():
            return _at(array, broken.argmax(), f"a whole number ({wanted})")
    return misfit(f"array of {wanted}", f"array of {array.dtype}")


def overflown(array: Any, cast: Any) -> Optional[Misfit]:
    """Of finite numbers that became infinite; None where none did."""
    numpy = sys.modules["numpy"]
    infinite = numpy.isinf(cast)
    if not infinite.any():
        return None
    grown = infinite & numpy.isfinite(array)
    if not grown.any():
        return None
    largest = numpy.finfo(cast.dtype).max
    return _at(array, grown.argmax(), f"{cast.dtype}, at most {float(largest):.5g} in size")


def _at(array: Any, flat: Any, expected: str) -> Misfit:
    place = sys.modules["numpy"].unravel_index(int(flat), array.shape)
    path = "".join(f"[{int(step)}]" for step in place)
    return Misfit([Fault(path, expected, str(array[place].item()))])
