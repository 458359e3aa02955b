"""pandas' DataFrame: a list of rows or an object of columns in, a list of rows out."""

from __future__ import annotations

import sys
from typing import Any

from .. import wording
from .misfit import misfit

TAKES_FILE = False
_ROW = {"type": "object"}


def _pandas() -> Any:
    return sys.modules.get("pandas")


def owns(hint: Any) -> bool:
    """Whether a hint is `pandas.DataFrame`."""
    pandas = _pandas()
    return pandas is not None and hint is getattr(pandas, "DataFrame", None)


def decode(hint: Any, value: Any) -> Any:
    """From `[{"a": 1}, …]` or `{"a": [1, …]}`. Raises ValueError."""
    if isinstance(value, hint):
        return value
    if isinstance(value, list):
        for index, row in enumerate(value):
            if not isinstance(row, dict):
                raise misfit("a list of row objects", f"{wording.kind(row)} as row {index}")
        return hint(value)
    if isinstance(value, dict):
        for name, column in value.items():
            if not isinstance(column, list):
                raise misfit("lists as columns", f"{wording.kind(column)} as {name!r}")
        if len({len(column) for column in value.values()}) > 1:
            lengths = ", ".join(str(len(column)) for column in value.values())
            raise misfit("columns of one length", f"columns of {lengths}"[: wording.SHOWN])
        return hint(value)
    raise misfit("a list of row objects, or an object of columns", wording.kind(value))


def encode(value: Any) -> Any:
    """Rows; a Series as a list. The index is left out. Raises NotImplementedError."""
    pandas = _pandas()
    frame = getattr(pandas, "DataFrame", None)
    if frame is None:
        raise NotImplementedError
    if isinstance(value, frame):
        names = [x if isinstance(x, (str, int)) else str(x) for x in value.columns.tolist()]
        columns = [_plain(value.iloc[:, place]) for place in range(len(names))]
        return [dict(zip(names, row)) for row in zip(*columns)]  # noqa: B905 - from Python 3.10
    if isinstance(value, pandas.Series):
        return _plain(value)
    if isinstance(value, (pandas.Timestamp, pandas.Timedelta)):
        return value.isoformat()
    raise NotImplementedError


def _plain(column: Any) -> list[Any]:
    """Python's values; None for what is missing."""
    if getattr(column.dtype, "kind", "O") in "biuf" and not hasattr(column.dtype, "na_value"):
        return column.tolist()  # type: ignore[no-any-return]
    values = column.astype(object)
    texts = (_pandas().Timestamp, _pandas().Timedelta)
    return [
        None if missing else x.isoformat() if isinstance(x, texts) else x
        for x, missing in zip(values, column.isna())  # noqa: B905 - from Python 3.10
    ]


def schema(hint: Any) -> dict[str, Any]:
    """Rows or columns."""
    columns = {"type": "object", "additionalProperties": {"type": "array"}}
    return {"anyOf": [{"type": "array", "items": _ROW}, columns]}


def expected(hint: Any) -> str:
    """For a client."""
    return "rows"
