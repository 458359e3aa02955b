"""The datatypes of the Open Inference Protocol, and what they are in Python and numpy."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ...call import Body

_LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Datatype:
    """One of them. `size` is bytes an element, 0 for BYTES, whose elements tell their own."""

    name: str
    size: int
    code: str
    """Of the `struct` module."""
    dtype: str
    """Of numpy, little-endian; "O" for BYTES."""
    element: type
    bounds: Optional[tuple[int, int]] = None

    def unpack(self, raw: Body) -> list[Any]:
        """The elements of a tensor in binary form. Raises ValueError when BYTES do not add up."""
        if not self.size:
            return split(raw)
        return list(struct.unpack(f"<{len(raw) // self.size}{self.code}", raw))

    def pack(self, values: Sequence[Any]) -> bytes:
        """The reverse. Raises struct.error for what does not fit."""
        if not self.size:
            return join(values)
        return struct.pack(f"<{len(values)}{self.code}", *values)


def split(raw: Body) -> list[bytes]:
    """The elements of a BYTES tensor: each a little-endian length of 4 bytes, then so many bytes.

    Raises ValueError.
    """
    elements, place, end = [], 0, len(raw)
    while place < end:
        if place + 4 > end:
            raise ValueError(f"a length of 4 bytes, came {end - place}")
        length = _LENGTH.unpack_from(raw, place)[0]
        place += 4
        if length > end - place:
            raise ValueError(f"an element of {length} bytes, came {end - place}")
        elements.append(bytes(raw[place : place + length]))
        place += length
    return elements


def join(elements: Sequence[bytes]) -> bytes:
    """The binary form of a BYTES tensor."""
    parts = []
    for element in elements:
        parts.append(_LENGTH.pack(len(element)))
        parts.append(element)
    return b"".join(parts)


def _whole(name: str, size: int, code: str) -> Datatype:
    bits = size * 8
    if name.startswith("U"):
        return Datatype(name, size, code, f"<u{size}", int, (0, 2**bits - 1))
    return Datatype(name, size, code, f"<i{size}", int, (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))


_ALL = (
    Datatype("BOOL", 1, "?", "?", bool),
    _whole("INT8", 1, "b"), _whole("INT16", 2, "h"),
    _whole("INT32", 4, "i"), _whole("INT64", 8, "q"),
    _whole("UINT8", 1, "B"), _whole("UINT16", 2, "H"),
    _whole("UINT32", 4, "I"), _whole("UINT64", 8, "Q"),
    Datatype("FP16", 2, "e", "<f2", float),
    Datatype("FP32", 4, "f", "<f4", float),
    Datatype("FP64", 8, "d", "<f8", float),
    Datatype("BYTES", 0, "", "O", bytes),
)  # fmt: skip

DATATYPES = {datatype.name: datatype for datatype in _ALL}
_BY_KIND = {
    (datatype.dtype[-2:] if len(datatype.dtype) > 1 else "b1"): datatype
    for datatype in _ALL
    if datatype.size
}


def of_numpy(dtype: Any) -> Optional[Datatype]:
    """Of a `numpy.dtype`; None where there is none, as for complex numbers."""
    if dtype.kind in "OSU":
        return DATATYPES["BYTES"]
    return _BY_KIND.get(f"{dtype.kind}{dtype.itemsize}")
