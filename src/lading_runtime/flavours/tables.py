"""The rows of many requests as one table, and results cut back into what each asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..problem import Problem
from .libraries import needed
from .rows import RowReader


class Part(NamedTuple):
    """The rows of the request at `place` in its batch."""

    place: int
    rows: Any


class Table(NamedTuple):
    """Rows on top of one another; `counts` of them belong to the request at each of `places`."""

    places: list[int]
    counts: list[int]
    rows: Any

    def parts(self, values: Any) -> Iterator[Part]:
        """Values that there are for each row, cut. Raises ValueError when they are not as many."""
        if len(values) != len(self.rows):
            raise ValueError(f"the model gave {len(values)} values for {len(self.rows)} rows")
        start = 0
        for place, count in zip(self.places, self.counts):  # noqa: B905 - from Python 3.10
            yield Part(place, values[start : start + count])
            start += count


def tables(
    reader: RowReader, batch: Sequence[Mapping[str, Any]], places: list[int]
) -> tuple[list[Table], dict[int, Problem]]:
    """The requests of a batch at `places`, and those that are wrong.

    What came as lists is one table of FP64; arrays are one for each dtype, so that no request is
    computed in another precision than when it comes alone.
    """
    inputs = [batch[place]["inputs"] for place in places]
    if all(type(rows) is list and rows for rows in inputs):
        flat = inputs[0] if len(inputs) == 1 else [row for rows in inputs for row in rows]
        quick = reader.quick(flat)
        if quick is not None:
            return [Table(places, [len(rows) for rows in inputs], quick)], {}
    return _one_by_one(reader, inputs, places)


def _one_by_one(
    reader: RowReader, inputs: list[Any], places: list[int]
) -> tuple[list[Table], dict[int, Problem]]:
    problems: dict[int, Problem] = {}
    kinds: dict[Any, list[Part]] = {}
    for place, rows in zip(places, inputs):  # noqa: B905 - from Python 3.10
        try:
            array = reader.read(rows)
        except Problem as problem:
            problems[place] = problem
            continue
        kinds.setdefault((array.dtype, array.shape[1]), []).append(Part(place, array))
    return [_joined(parts) for parts in kinds.values()], problems


def _joined(parts: list[Part]) -> Table:
    arrays = [part.rows for part in parts]
    rows = arrays[0] if len(arrays) == 1 else needed("numpy", "numpy").concatenate(arrays)
    return Table([part.place for part in parts], [len(x) for x in arrays], rows)
