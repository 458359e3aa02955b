"""The rows of tabular requests: read into arrays, with every fault named by row and feature."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

from ..handlers import wording
from ..problem import Fault, Problem
from .libraries import needed

MOST_FAULTS = 20
"""That one answer names."""
_SHOWN = 8
"""Names of features that one fault lists."""


@dataclass(frozen=True)
class Columns:
    """What a model takes. `width` is None where the model does not tell."""

    width: Optional[int]
    names: tuple[str, ...] = ()
    texts: bool = False
    """Whether values may be text, too."""


class RowReader:
    """Makes arrays of rows: lists in the features' order, or objects by their names."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._numpy = needed("numpy", "numpy")
        self._pick = _picker(columns.names)

    def quick(self, rows: list[Any]) -> Any:
        """Rows that are right, as an array of FP64 or of objects; None when any is wrong."""
        if rows and type(rows[0]) is dict:
            picked = self._picked(rows)
            if picked is None:
                return None
            rows = picked
        try:
            array = self._numpy.array(rows)
        except (ValueError, OverflowError):
            return None
        if array.ndim != 2 or array.dtype.kind not in "biuf":
            return None
        if self.columns.width not in (None, array.shape[1]):
            return None
        return array if array.dtype == float else array.astype(float)

    def read(self, rows: Any) -> Any:
        """As `quick`, with null as a missing value and texts where the model takes them.

        Also takes an array, whose dtype is kept. Raises Problem `invalid_argument`.
        """
        if isinstance(rows, self._numpy.ndarray):
            return self._checked(rows)
        faults: list[Fault] = []
        plain = [self._row(index, row, faults) for index, row in enumerate(rows)]
        widths = {len(row) for row in plain}
        if not faults and len(widths) > 1:
            faults.append(Fault("inputs", "rows of one width", f"widths {sorted(widths)}"))
        if faults:
            raise refused(faults)
        if not plain:
            return self._numpy.empty((0, self.columns.width or 0))
        mixed = any(isinstance(value, str) for row in plain for value in row)
        return self._numpy.array(plain, dtype=object if mixed else float)

    def _checked(self, array: Any) -> Any:
        width = self.columns.width
        wide = "any" if width is None else str(width)
        if array.ndim != 2 or (width is not None and array.shape[1] != width):
            came = f"shape {list(array.shape)}"
            raise refused([Fault("inputs", f"an array of shape [any, {wide}]", came)])
        if array.dtype.kind in "biuf" or (self.columns.texts and array.dtype.kind in "OU"):
            return array
        raise refused([Fault("inputs", "an array of numbers", f"an array of {array.dtype}")])

    def _picked(self, rows: list[Any]) -> Optional[list[Any]]:
        if self._pick is None:
            return None
        try:
            if any(len(row) != len(self.columns.names) for row in rows):
                return None
            return [self._pick(row) for row in rows]
        except (KeyError, TypeError, AttributeError):
            return None

    def _row(self, index: int, row: Any, faults: list[Fault]) -> list[Any]:
        """Its values in order; adds what is wrong with it."""
        field, columns = f"inputs[{index}]", self.columns
        if isinstance(row, dict) and columns.names:
            for name in columns.names:
                if name not in row:
                    _add(faults, f"{field}.{name}", "a value", "nothing")
            for name in row:
                if name not in columns.names:
                    expected = f"a feature of the model: {_some(columns.names)}"
                    _add(faults, f"{field}.{name}", expected, "another name")
            values = [row.get(name) for name in columns.names]
            places = [f"{field}.{name}" for name in columns.names]
        elif isinstance(row, list):
            if columns.width not in (None, len(row)):
                _add(faults, field, f"{columns.width} features", f"{len(row)}")
            values, places = row, [f"{field}[{place}]" for place in range(len(row))]
        else:
            expected = "an array of numbers" + (" or an object" if columns.names else "")
            _add(faults, field, expected, wording.kind(row))
            return []
        for place, value in zip(places, values):  # noqa: B905 - from Python 3.10
            self._value(place, value, faults)
        return values

    def _value(self, place: str, value: Any, faults: list[Fault]) -> None:
        if isinstance(value, str) and self.columns.texts:
            return
        if value is not None and not isinstance(value, (int, float)):
            expected = "a number or text" if self.columns.texts else "a number"
            _add(faults, place, expected, wording.came(value))
        elif isinstance(value, int) and value.bit_length() > 1023:
            _add(faults, place, "a number of 64 bits", wording.came(value))


def refused(faults: list[Fault]) -> Problem:
    """A 422 whose detail is the first fault in words."""
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    detail = f"{first.field}: expected {first.expected}, came {first.came}{more}"
    return Problem("invalid_argument", detail, faults)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_SHOWN]) + (" and others" if len(names) > _SHOWN else "")


def _picker(names: tuple[str, ...]) -> Optional[Callable[[Any], Any]]:
    if not names:
        return None
    if len(names) == 1:
        return lambda row: (row[names[0]],)
    return operator.itemgetter(*names)


def _add(faults: list[Fault], field: str, expected: str, came: str) -> None:
    if len(faults) < MOST_FAULTS:
        faults.append(Fault(field, expected, came))
