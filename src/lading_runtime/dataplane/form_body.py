"""Form fields to arguments: files as they are, text, or text that holds JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from ..call import Body
from ..handlers.signature import Parameter, Signature
from ..problem import Fault
from . import multipart, npy, validation

MULTIPART = "multipart/form-data"


class FormBody:
    """Reads arguments from multipart/form-data."""

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self._parameters = {p.name: p for p in signature.parameters}

    def read(self, body: Body, content_type: str) -> dict[str, Any]:
        """Raises Problem `malformed_multipart`, `invalid_argument`."""
        grouped: dict[str, list[bytes]] = {}
        for part in multipart.parse(bytes(body), multipart.boundary(content_type)):
            grouped.setdefault(part.name, []).append(part.value)
        given: dict[str, Any] = {}
        faults = []
        for name, values in grouped.items():
            parameter = self._parameters.get(name)
            if parameter is None:
                given[name] = None
            elif parameter.item_takes_bytes:
                given[name] = values
            elif len(values) > 1:
                faults.append(Fault(name, "one field", f"{len(values)} fields"))
            else:
                given[name] = _field(parameter, values[0])
        if faults:
            raise validation.invalid(faults)
        return validation.convert(self._signature, given)


def _field(parameter: Parameter, value: bytes) -> Any:
    if parameter.takes_bytes:
        return value
    if value.startswith(npy.MAGIC) and npy.fits(parameter):
        return _array(parameter, value)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        fault = Fault(parameter.name, parameter.expected, "bytes that are not UTF-8")
        raise validation.invalid([fault]) from None
    if parameter.hint is str:
        return text
    try:
        parsed = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text
    try:
        validation.convert_one(parameter, parsed)
    except msgspec.ValidationError:
        return _text_or(parameter, text, parsed)
    return parsed


def _array(parameter: Parameter, value: bytes) -> Any:
    try:
        return npy.parse(value)
    except ValueError as error:
        fault = Fault(parameter.name, "an array in the .npy format", str(error))
        raise validation.invalid([fault]) from None


def _text_or(parameter: Parameter, text: str, parsed: Any) -> Any:
    """The text where the type takes it as it stands, such as `Optional[str]` given 123."""
    try:
        validation.convert_one(parameter, text)
    except msgspec.ValidationError:
        return parsed
    return text
