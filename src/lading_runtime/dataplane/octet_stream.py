"""application/octet-stream: the bytes of one file, or the elements of one array."""

from __future__ import annotations

from typing import Any

import msgspec

from ..call import Body
from ..handlers import hints
from ..handlers.extensions import arrays
from ..handlers.signature import Parameter, Signature
from ..problem import Fault
from . import validation

MEDIA_TYPE = "application/octet-stream"
HOLDS = "bytes, a picture or an array of a dtype that is fixed by its hint"


class OctetStream:
    """Reads one argument: bytes, a picture, or an `NDArray[dtype]` of one axis."""

    def __init__(self, signature: Signature, parameter: Parameter) -> None:
        self._signature = signature
        self._parameter = parameter

    def read(self, body: Body, content_type: str) -> dict[str, Any]:
        """Raises Problem `invalid_argument`."""
        array = array_hint(self._parameter)
        if array is None:
            return given(self._signature, self._parameter, bytes(body))
        dtype = arrays.dtype_of(array)
        if len(body) % dtype.itemsize:
            expected = f"whole elements of {dtype}, {dtype.itemsize} bytes each"
            raise validation.invalid([Fault(self._parameter.name, expected, f"{len(body)} bytes")])
        return given(self._signature, self._parameter, arrays.view(body, dtype))


def fits(parameter: Parameter) -> bool:
    """Whether the argument can be nothing but bytes."""
    array = array_hint(parameter)
    return parameter.takes_bytes or (array is not None and arrays.dtype_of(array) is not None)


def array_hint(parameter: Parameter) -> Any:
    """The array's hint of `NDArray[…]` and `Optional[NDArray[…]]`; None where there is none."""
    plain = map(hints.bare, hints.choices(parameter.hint))
    return next((hint for hint in plain if arrays.owns(hint)), None)


def given(signature: Signature, parameter: Parameter, value: Any) -> dict[str, Any]:
    """The arguments, when this is the only one. Raises Problem `invalid_argument`."""
    try:
        arguments = {parameter.name: validation.convert_one(parameter, value)}
    except msgspec.ValidationError as error:
        raise validation.invalid(validation.faults_of(parameter, None, error)) from None
    return validation.whole(signature, arguments)
