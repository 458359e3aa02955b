"""application/vnd.apache.arrow.stream: a table, as Arrow's IPC stream. Needs pyarrow in the image.

A DataFrame argument is the whole table, an ndarray its columns side by side (rows, columns). With
more arguments, or one that is called as a column is, each column is the argument of its name: an
array, a list, or one value where there is one row.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from typing import Any, Optional

from ..call import Body
from ..handlers import hints
from ..handlers.extensions import frames
from ..handlers.signature import Parameter, Signature
from ..problem import Fault
from . import octet_stream, validation
from .sole import sole

MEDIA_TYPE = "application/vnd.apache.arrow.stream"


@functools.lru_cache(maxsize=None)
def installed() -> bool:
    """Whether the image has pyarrow; it is imported only when the first table comes or goes."""
    return "pyarrow" in sys.modules or importlib.util.find_spec("pyarrow") is not None


def fits(signature: Signature) -> bool:
    """Whether a table can be the arguments: as a whole, or a column each."""
    if sole(signature, _takes_table) is not None:
        return True
    required = [parameter for parameter in signature.parameters if parameter.required]
    if required:
        return all(map(_takes_column, required))
    return any(map(_takes_column, signature.parameters))


def _takes_column(parameter: Parameter) -> bool:
    # A file comes as it is, and not as a cell of a table.
    return not parameter.takes_bytes and not _takes_frame(parameter)


class ArrowBody:
    """Reads a DataFrame or ndarray argument, or several arguments from columns."""

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self._parameters = {parameter.name: parameter for parameter in signature.parameters}
        self._whole: Optional[Parameter] = sole(signature, _takes_table)

    def read(self, body: Body, content_type: str) -> dict[str, Any]:
        """Raises Problem `invalid_argument`."""
        table = _table(body)
        if self._whole is not None and self._whole.name not in table.column_names:
            whole = _as_whole(self._whole, table)
            return octet_stream.given(self._signature, self._whole, whole)
        columns = {name: self._argument(name, table) for name in table.column_names}
        return validation.convert(self._signature, columns)

    def _argument(self, name: str, table: Any) -> Any:
        parameter = self._parameters.get(name)
        column = table.column(name)
        if parameter is not None and octet_stream.array_hint(parameter) is not None:
            return _numbers(parameter, column)
        values = column.to_pylist()
        if parameter is None or parameter.is_list or len(values) != 1:
            return values
        return values[0]


def _as_whole(parameter: Parameter, table: Any) -> Any:
    if octet_stream.array_hint(parameter) is None:
        return table.to_pandas()
    return _array(parameter, table)


def _table(body: Body) -> Any:
    pyarrow = importlib.import_module("pyarrow")
    ipc = importlib.import_module("pyarrow.ipc")
    try:
        table = ipc.open_stream(pyarrow.py_buffer(body)).read_all()
        table.validate(full=True)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        fault = Fault("", "a table as an Arrow IPC stream", str(error)[:120])
        raise validation.invalid([fault]) from None
    return table


def _array(parameter: Parameter, table: Any) -> Any:
    numpy = sys.modules["numpy"]
    if not table.num_columns:
        raise validation.invalid([Fault(parameter.name, "columns of numbers", "no columns")])
    return numpy.column_stack([_numbers(parameter, column) for column in table.columns])


def _numbers(parameter: Parameter, column: Any) -> Any:
    array = column.to_numpy()
    if array.dtype.kind not in "biuf":
        came = f"a column of {column.type}"
        raise validation.invalid([Fault(parameter.name, "columns of numbers", came)])
    return array if array.flags.writeable else array.copy()


def _takes_table(parameter: Parameter) -> bool:
    return _takes_frame(parameter) or octet_stream.array_hint(parameter) is not None


def _takes_frame(parameter: Parameter) -> bool:
    return any(frames.owns(hints.bare(hint)) for hint in hints.choices(parameter.hint))


def encode(frame: Any) -> memoryview:
    """A DataFrame as a stream, its index left out. Raises what pyarrow raises."""
    pyarrow = importlib.import_module("pyarrow")
    ipc = importlib.import_module("pyarrow.ipc")
    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    sink = pyarrow.BufferOutputStream()
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return memoryview(sink.getvalue())


def encodes(value: Any) -> bool:
    """Whether a result is a DataFrame and can be written."""
    return frames.owns(type(value)) and installed()
