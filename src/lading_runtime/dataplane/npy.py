"""application/x-npy: one array in NumPy's own format, versions 1 to 3 (numpy.lib.format).

Read as a view of the body, without a copy, and never through pickle.
"""

from __future__ import annotations

import math
import re
import sys
from typing import Any

from ..call import Body
from ..handlers.extensions import arrays
from ..handlers.signature import Parameter, Signature
from ..problem import Fault
from . import octet_stream, validation

MEDIA_TYPE = "application/x-npy"
HOLDS = "an array"
MAGIC = b"\x93NUMPY"
MOST_HEADER_BYTES = 10_000
MOST_AXES = 32
_KINDS = "biufc"
_DESCR = re.compile(rb"""['"]descr['"]\s*:\s*['"]([<>|=]?[?a-zA-Z]\d{0,4})['"]""")
_FORTRAN = re.compile(rb"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(rb"""['"]shape['"]\s*:\s*\(((?:\s*\d{1,18}\s*(?:,|(?=\))))*)\s*\)""")


class NpyBody:
    """Reads one ndarray argument."""

    def __init__(self, signature: Signature, parameter: Parameter) -> None:
        self._signature = signature
        self._parameter = parameter

    def read(self, body: Body, content_type: str) -> dict[str, Any]:
        """Raises Problem `invalid_argument`."""
        try:
            array = parse(body)
        except ValueError as error:
            fault = Fault(self._parameter.name, "an array in the .npy format", str(error))
            raise validation.invalid([fault]) from None
        return octet_stream.given(self._signature, self._parameter, array)


def fits(parameter: Parameter) -> bool:
    """Whether the argument is an array."""
    return octet_stream.array_hint(parameter) is not None


def parse(body: Body) -> Any:
    """An array of the body's memory; of a copy where that cannot be written to.

    Raises ValueError that tells what came instead.
    """
    body = memoryview(body)
    start, end = _header_place(body)
    dtype, fortran, shape = _header(bytes(body[start:end]))
    size = math.prod(shape) * dtype.itemsize
    if len(body) - end != size:
        raise ValueError(f"{len(body) - end} bytes for a {shape} of {dtype}, which has {size}")
    flat = arrays.view(body[end:], dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def _header_place(body: memoryview) -> tuple[int, int]:
    if len(body) < 12 or bytes(body[:6]) != MAGIC or body[6] not in (1, 2, 3):
        raise ValueError("something without its first bytes")
    start = 10 if body[6] == 1 else 12
    length = int.from_bytes(body[8:start], "little")
    if length > MOST_HEADER_BYTES or start + length > len(body):
        raise ValueError(f"a header of {length} bytes")
    return start, start + length


def _header(text: bytes) -> tuple[Any, bool, tuple[int, ...]]:
    # A Python literal by the format's definition; its three entries are looked for alone, so that
    # nothing that a client sends is given to Python's parser.
    found = [entry.search(text) for entry in (_DESCR, _FORTRAN, _SHAPE)]
    descr, fortran, shape = (match[1].decode() if match else None for match in found)
    if descr is None or fortran is None or shape is None:
        raise ValueError("a header that cannot be read")
    try:
        dtype = sys.modules["numpy"].dtype(descr)
    except TypeError as error:
        raise ValueError(f"an array of {descr}") from error
    if dtype.kind not in _KINDS:
        raise ValueError(f"an array of {descr}")
    lengths = tuple(int(length) for length in shape.split(",") if length.strip())
    if len(lengths) > MOST_AXES:
        raise ValueError(f"an array of {len(lengths)} axes")
    return dtype, fortran == "True", lengths


def encode(array: Any) -> memoryview:
    """In version 1, rows first; the one copy is what puts the header in front of the elements."""
    shape = f"({', '.join(map(str, array.shape))}{',' if array.ndim == 1 else ''})"
    header = f"{{'descr': {array.dtype.str!r}, 'fortran_order': False, 'shape': {shape}, }}"
    padding = -(len(MAGIC) + 4 + len(header) + 1) % 64
    header += " " * padding + "\n"
    head = MAGIC + b"\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    whole = bytearray(len(head) + array.nbytes)
    whole[: len(head)] = head
    elements = arrays.view(memoryview(whole)[len(head) :], array.dtype)
    elements.reshape(array.shape)[...] = array
    return memoryview(whole)


def encodes(value: Any) -> bool:
    """Whether a result is an array that the format holds without pickle."""
    return arrays.owns(type(value)) and value.dtype.kind in _KINDS
