"""An input tensor, as lists or as an array of numpy's over the bytes that came."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .datatypes import Datatype


@dataclass(frozen=True)
class InputTensor:
    """Holds either `raw`, little-endian and row-major, or `values`, its elements in that order."""

    name: str
    datatype: Datatype
    shape: tuple[int, ...]
    count: int
    """Elements: the product of the shape."""
    raw: Optional[memoryview] = None
    values: Optional[list[Any]] = None

    def flat(self) -> list[Any]:
        """The elements in row-major order; those of BYTES are bytes."""
        if self.values is not None:
            return self.values
        return self.datatype.unpack(b"" if self.raw is None else self.raw)

    def nested(self, flat: Sequence[Any]) -> Any:
        """Elements as lists in lists, as the shape says; with no dimension the one element."""
        if not self.shape:
            return flat[0]
        rows: Any = list(flat)
        for depth in range(len(self.shape) - 1, 0, -1):
            width = self.shape[depth]
            outer = 1
            for dimension in self.shape[:depth]:
                outer *= dimension
            rows = [rows[i * width : (i + 1) * width] for i in range(outer)]
        return rows

    def array(self) -> Any:
        """An ndarray that may be written to; a view of `raw` where that can be.

        Raw bytes are copied when they cannot be written to, and when they do not begin where
        elements of their size may lie: compiled code that gets such an array may not survive it.
        """
        numpy = sys.modules["numpy"]
        if self.raw is None:
            with numpy.errstate(over="ignore"):
                return numpy.array(self.values, self.datatype.dtype).reshape(self.shape)
        array = numpy.frombuffer(self.raw, self.datatype.dtype).reshape(self.shape)
        return array if array.flags.behaved else array.copy()
