"""What a handler gave, as output tensors.

An array is one tensor; a dict, a dataclass and their like are one tensor a key. Numbers and text,
and lists of them that are nested evenly, are tensors; all else is its JSON, in one element of
BYTES. Names are the model's own where it tells them, else the keys, else "output".
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

import msgspec

from ...handlers.extensions import arrays, known
from ...handlers.tensors import Tensor
from .datatypes import DATATYPES, Datatype, of_numpy

ONLY = "output"
"""The name of an output that has no name of its own."""
_TEXT = DATATYPES["BYTES"]


class OutputTensor(NamedTuple):
    """Elements are an ndarray, or a list in row-major order; those of BYTES are bytes."""

    name: str
    datatype: Datatype
    shape: tuple[int, ...]
    elements: Any

    @property
    def raw(self) -> Any:
        """The binary form: bytes, or an array whose buffer is it."""
        if isinstance(self.elements, list):
            return self.datatype.pack(self.elements)
        array = self.elements.astype(self.datatype.dtype, copy=False)
        return sys.modules["numpy"].ascontiguousarray(array).reshape(-1).view("u1")

    @property
    def plain(self) -> tuple[Datatype, list[Any]]:
        """What JSON has, flat: text for BYTES, and for FP16, which JSON has not, FP32.

        Raises UnicodeDecodeError for BYTES that are not text.
        """
        flat = self.elements if isinstance(self.elements, list) else self.elements.ravel().tolist()
        if self.datatype is _TEXT:
            return _TEXT, [element.decode() for element in flat]
        return (DATATYPES["FP32"] if self.datatype.name == "FP16" else self.datatype), flat


def outputs(result: Any, told: Sequence[Tensor]) -> list[OutputTensor]:
    """`told` are the outputs as the model tells them. Raises TypeError for what has no form."""
    named = _named(result, told)
    if named is None:
        name = told[0].name if len(told) == 1 else ONLY
        return [_tensor(name, result)]
    return [_tensor(name, value) for name, value in named.items()]


def _named(result: Any, told: Sequence[Tensor]) -> Optional[dict[str, Any]]:
    """The values by their names; None for a single one."""
    pandas: Any = sys.modules.get("pandas")
    if pandas is not None and isinstance(result, pandas.DataFrame):
        return {str(name): result[name].to_numpy() for name in result.columns}
    if len(told) > 1 and isinstance(result, (list, tuple)) and len(result) == len(told):
        return {one.name: value for one, value in zip(told, result)}  # noqa: B905
    fields = _fields(result)
    if not fields:
        return None
    return {str(_plain(key)): value for key, value in fields.items()}


def _fields(result: Any) -> Optional[Mapping[Any, Any]]:
    if isinstance(result, Mapping):
        return result
    if isinstance(result, tuple) and hasattr(result, "_asdict"):
        fields: Mapping[Any, Any] = result._asdict()
        return fields
    names = getattr(result, "__struct_fields__", None) or getattr(
        result, "__dataclass_fields__", None
    )
    if names is None and callable(getattr(result, "model_dump", None)):
        names = getattr(type(result), "model_fields", None)
    return None if names is None else {name: getattr(result, name) for name in names}


def _tensor(name: str, value: Any) -> OutputTensor:
    array = _array(value)
    if array is not None:
        return _of_array(name, array)
    found = _of_plain(name, value)
    if found is None:
        value = _builtins(value)
        found = _of_plain(name, value)
    return found or OutputTensor(name, _TEXT, (1,), [msgspec.json.encode(value)])


def _array(value: Any) -> Any:
    """Of an array, a scalar of numpy's, or a list of arrays of one shape; None of all else."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None or isinstance(value, numpy.ndarray):
        return None if numpy is None else value
    if isinstance(value, numpy.generic):
        return numpy.asarray(value)
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], numpy.ndarray):
        alike = all(isinstance(one, numpy.ndarray) and one.shape == value[0].shape for one in value)
        return numpy.stack(value) if alike else None
    return None


def _of_plain(name: str, value: Any) -> Optional[OutputTensor]:
    if type(value) in (bool, int, float, str, bytes):
        value = [value]
    return _of_list(name, value) if isinstance(value, (list, tuple)) else None


def _of_array(name: str, array: Any) -> OutputTensor:
    datatype = of_numpy(array.dtype)
    shape = tuple(array.shape) or (1,)
    if datatype is None and array.dtype.kind in "mM":  # times: as numpy writes them
        return OutputTensor(name, _TEXT, shape, [str(x).encode() for x in array.ravel()])
    if datatype is None:
        raise TypeError(f"an array of {array.dtype} has no datatype in the protocol")
    if datatype is not _TEXT:
        return OutputTensor(name, datatype, shape, array)
    flat = array.reshape(-1).tolist()
    found = _of_list(name, flat)
    if found is None or len(found.shape) > 1:
        texts = [msgspec.json.encode(_builtins(element)) for element in flat]
        return OutputTensor(name, _TEXT, shape, texts)
    return found._replace(shape=shape)


def _of_list(name: str, value: Sequence[Any]) -> Optional[OutputTensor]:
    """None when it is not nested evenly, or its elements are not all of one kind."""
    shape: list[int] = []
    flat: Sequence[Any] = [value]
    while flat and all(isinstance(row, (list, tuple)) for row in flat):
        widths = {len(row) for row in flat}
        if len(widths) > 1:
            return None
        shape.append(widths.pop())
        flat = [element for row in flat for element in row]
    flat = [_plain(element) for element in flat]
    datatype = _datatype(flat)
    if datatype is None:
        return None
    if datatype is _TEXT:
        flat = [x.encode() if isinstance(x, str) else x for x in flat]
    return OutputTensor(name, datatype, tuple(shape), flat)


def _datatype(flat: Sequence[Any]) -> Optional[Datatype]:
    kinds = {type(element) for element in flat}
    if kinds == {bool}:
        return DATATYPES["BOOL"]
    if kinds == {int}:
        fitting = (DATATYPES[name] for name in ("INT64", "UINT64"))
        return next((one for one in fitting if _holds(one, flat)), None)
    if kinds <= {int, float}:
        return DATATYPES["FP64"] if all(abs(x) < 2**1023 for x in flat if type(x) is int) else None
    return _TEXT if kinds <= {str, bytes} else None


def _holds(datatype: Datatype, flat: Sequence[int]) -> bool:
    low, high = datatype.bounds or (0, 0)
    return low <= min(flat) and max(flat) <= high


def _plain(value: Any) -> Any:
    numpy: Any = sys.modules.get("numpy")
    return value.item() if numpy is not None and isinstance(value, numpy.generic) else value


def _builtins(value: Any) -> Any:
    """As JSON would have it."""
    try:
        return msgspec.to_builtins(value, enc_hook=known.encode)
    except TypeError:
        return msgspec.to_builtins(arrays.with_plain_keys(value), enc_hook=known.encode)
