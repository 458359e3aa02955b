"""Models that take rows of features: the requests of a batch are predicted as one table.

A request has `inputs`, its rows, and may say in `outputs` what it wants of each. Its answer has a
prediction for each row, and the probabilities of the classes where they were asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from ..handlers.handler import Handler
from ..handlers.tensors import Tensor
from ..problem import Fault, Problem
from . import answers, arguments
from .libraries import needed
from .rows import Columns, RowReader, refused
from .tables import Part, Table, tables

PREDICTIONS, PROBABILITIES = "predictions", "probabilities"
Function = Callable[[Any], Any]


@dataclass(frozen=True)
class Tabular:
    """A model as functions of a table: a 2-D array of numbers, or of objects where it has texts.

    `predict` gives one value or row for each row, `probabilities` a column for each class.
    """

    platform: str
    columns: Columns
    predict: Function
    probabilities: Optional[Function] = None
    datatype: str = "FP64"
    """Of predictions, in the Open Inference Protocol's words."""
    versions: Mapping[str, str] = field(default_factory=dict)


def handler(path: str, model: Tabular) -> Handler:
    """A Handler around a model."""
    width = -1 if model.columns.width is None else model.columns.width
    facts = {
        "platform": model.platform,
        "versions": model.versions,
        "inputs": (Tensor("inputs", "BYTES" if model.columns.texts else "FP64", (-1, width)),),
        "outputs": _outputs(model),
    }
    signature = arguments.of_rows(model.columns, _answer(model))
    return Handler(path, signature, predict_batch=_Batches(model).predict, facts=facts)


def _outputs(model: Tabular) -> tuple[Tensor, ...]:
    predictions = Tensor(PREDICTIONS, model.datatype, (-1,))
    if model.probabilities is None:
        return (predictions,)
    return (predictions, Tensor(PROBABILITIES, "FP64", (-1, -1)))


def _answer(model: Tabular) -> Any:
    """The type of an answer, for its description."""
    schemas = {PREDICTIONS: answers.for_each_row(model.datatype)}
    if model.probabilities is not None:
        schemas[PROBABILITIES] = answers.array("FP64", 2)
    return answers.described(schemas)


class _Batches:
    def __init__(self, model: Tabular) -> None:
        self._reader = RowReader(model.columns)
        self._names = model.columns.names
        self._numpy = needed("numpy", "numpy")
        self._functions: dict[str, Function] = {PREDICTIONS: model.predict}
        if model.probabilities is not None:
            self._functions[PROBABILITIES] = model.probabilities

    def predict(self, batch: Sequence[Mapping[str, Any]]) -> list[Any]:
        """One result a request; a Problem in the place of one that is wrong."""
        results: list[Any] = [None] * len(batch)
        for wanted, places in self._groups(batch, results).items():
            if not places:
                continue
            made, problems = tables(self._reader, batch, places)
            for place, problem in problems.items():
                results[place] = problem
            for table in made:
                self._fill(wanted, table, results)
        if len(results) == 1 and isinstance(results[0], Problem):
            raise results[0]
        return results

    def _groups(
        self, batch: Sequence[Mapping[str, Any]], results: list[Any]
    ) -> dict[tuple[str, ...], list[int]]:
        """Places of requests by the outputs that they want."""
        plain: list[int] = []
        groups: dict[tuple[str, ...], list[int]] = {(PREDICTIONS,): plain}
        for place, one in enumerate(batch):
            wanted = one.get("outputs")
            if wanted is None:
                plain.append(place)
                continue
            missing = [name for name in wanted if name not in self._functions]
            if missing or not wanted:
                came = f"{missing[0]!r}, which the model does not have" if missing else "none"
                fault = Fault("outputs", f"only {', '.join(map(repr, self._functions))}", came)
                results[place] = refused([fault])
            else:
                groups.setdefault(tuple(wanted), []).append(place)
        return groups

    def _fill(self, wanted: tuple[str, ...], table: Table, results: list[Any]) -> None:
        """The results of the requests of one table."""
        if not len(table.rows):
            for place in table.places:
                results[place] = {name: [] for name in wanted}
            return
        try:
            outputs = {name: self._functions[name](table.rows) for name in wanted}
        except (ValueError, TypeError) as error:
            innocent = self._blame(table, results, error)
            if innocent is None:
                raise
            for part in innocent:
                self._fill(wanted, Table([part.place], [len(part.rows)], part.rows), results)
            return
        if len(table.places) == 1:
            results[table.places[0]] = outputs
            return
        for place in table.places:
            results[place] = {}
        for name, values in outputs.items():
            for part in table.parts(values):
                results[part.place][name] = part.rows

    def _blame(self, table: Table, results: list[Any], error: Exception) -> Optional[list[Part]]:
        """Refuse the requests with values that a model may not take, and give the others.

        None where no request has such a value: the fault is the model's.
        """
        innocent = []
        for part in table.parts(table.rows):
            fault = self._suspect(part.rows, error)
            if fault is None:
                innocent.append(part)
            else:
                results[part.place] = refused([fault])
        return innocent if len(innocent) < len(table.places) else None

    def _suspect(self, rows: Any, error: Exception) -> Optional[Fault]:
        """The first value that is missing or infinite; else the texts, and what the model says."""
        if rows.dtype.kind == "O":
            missing = self._numpy.array([[value is None for value in row] for row in rows])
        else:
            missing = ~self._numpy.isfinite(rows)
        wrong = self._numpy.argwhere(missing)
        if len(wrong):
            row, column = (int(x) for x in wrong[0])
            step = f".{self._names[column]}" if self._names else f"[{column}]"
            came = "a missing or infinite value"
            return Fault(f"inputs[{row}]{step}", "a value that the model takes", came)
        if rows.dtype.kind not in "OU":
            return None
        came = f"some that it refuses: {' '.join(str(error).split())[:200]}"
        return Fault("inputs", "values that the model takes", came)
