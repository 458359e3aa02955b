"""Models that take and give named tensors; requests are stacked where the first axis is the batch.

Only requests whose tensors are of the same dtypes and shapes, but for the first axis, are stacked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..handlers.tensors import Tensor
from ..problem import Fault, Problem
from .libraries import needed
from .rows import refused

Run = Callable[[Mapping[str, Any]], Mapping[str, Any]]
_NUMPY_NAMES = {
    "BOOL": "bool", "INT8": "int8", "INT16": "int16", "INT32": "int32", "INT64": "int64",
    "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64",
    "FP16": "float16", "FP32": "float32", "FP64": "float64", "BYTES": "object",
}  # fmt: skip


def dtype(datatype: str) -> Any:
    """numpy's, for a datatype of the Open Inference Protocol."""
    return needed("numpy", "numpy").dtype(_NUMPY_NAMES[datatype])


@dataclass(frozen=True)
class Network:
    """`run` has all inputs by name, and gives all outputs by name."""

    inputs: tuple[Tensor, ...]
    run: Run
    stacks: bool
    """Whether the first axis of every input and output is that of the batch."""

    def predict_batch(self, batch: Sequence[Mapping[str, Any]]) -> list[Any]:
        """One result a request; a Problem in the place of one that is wrong."""
        results: list[Any] = [None] * len(batch)
        groups: dict[Any, list[tuple[int, dict[str, Any]]]] = {}
        for place, arguments in enumerate(batch):
            try:
                tensors = self._read(arguments)
            except Problem as problem:
                if len(batch) == 1:
                    raise
                results[place] = problem
                continue
            groups.setdefault(self._kind(place, tensors), []).append((place, tensors))
        for group in groups.values():
            self._fill(group, results)
        return results

    def _read(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        faults: list[Fault] = []
        tensors: dict[str, Any] = {}
        for tensor in self.inputs:
            value = arguments[tensor.name]
            if tensor.datatype:
                value = _cast(tensor, value, faults)
            if not _fits(value.shape, tensor.shape):
                shape = ", ".join("any" if size < 0 else str(size) for size in tensor.shape)
                came = f"shape {list(value.shape)}"
                faults.append(Fault(tensor.name, f"an array of shape [{shape}]", came))
            tensors[tensor.name] = value
        if faults:
            raise refused(faults)
        return tensors

    def _kind(self, place: int, tensors: dict[str, Any]) -> Any:
        """Requests of the same kind are stacked."""
        lengths = {x.shape[0] if x.ndim else -1 for x in tensors.values()}
        if not self.stacks or len(lengths) != 1 or -1 in lengths:
            return place
        return tuple((x.dtype, x.shape[1:]) for x in tensors.values())

    def _fill(self, group: list[tuple[int, dict[str, Any]]], results: list[Any]) -> None:
        if len(group) == 1:
            place, tensors = group[0]
            results[place] = self.run(tensors)
            return
        concatenate = needed("numpy", "numpy").concatenate
        together = {x.name: concatenate([one[x.name] for _, one in group]) for x in self.inputs}
        outputs = self.run(together)
        counts = [len(tensors[self.inputs[0].name]) for _, tensors in group]
        if any(_length(values) != sum(counts) for values in outputs.values()):
            # It was no batch after all: each is asked alone.
            for one in group:
                self._fill([one], results)
            return
        start = 0
        for (place, _), count in zip(group, counts):  # noqa: B905 - from Python 3.10
            end = start + count
            results[place] = {name: values[start:end] for name, values in outputs.items()}
            start = end


def _cast(tensor: Tensor, value: Any, faults: list[Fault]) -> Any:
    """Of the tensor's dtype, where nothing but precision is lost; else a fault is added."""
    numpy = needed("numpy", "numpy")
    wanted = dtype(tensor.datatype)
    array = numpy.asarray(value)
    if array.dtype == wanted:
        return array
    whole = wanted.kind in "iu" and array.dtype.kind in "iu"
    if whole or wanted.kind == "O" or numpy.can_cast(array.dtype, wanted, "same_kind"):
        with numpy.errstate(over="ignore"):
            cast = array.astype(wanted)
        if not whole or (cast == array).all():
            return cast
    faults.append(Fault(tensor.name, f"an array of {wanted}", f"an array of {array.dtype}"))
    return array


def _fits(came: Sequence[int], wanted: Sequence[int]) -> bool:
    """Whether a shape is the wanted one; one that is not known is empty."""
    if not wanted:
        return True
    return len(came) == len(wanted) and all(
        size in (-1, length)
        for length, size in zip(came, wanted)  # noqa: B905 - from Python 3.10
    )


def _length(values: Any) -> int:
    try:
        return len(values)
    except TypeError:  # a scalar
        return -1
