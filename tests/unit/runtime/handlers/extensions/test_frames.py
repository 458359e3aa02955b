"""pandas' frames: rows or columns in, rows out."""

from __future__ import annotations

import msgspec
import numpy as np
import pandas as pd
import pytest

from tests.unit.runtime.dataplane.calls import call, faults, plane


def echo(rows: pd.DataFrame, other: pd.DataFrame | None = None) -> pd.DataFrame:
    return rows


def written(value: object) -> object:
    return msgspec.json.decode(plane(echo).write(value, call()).body)


@pytest.mark.parametrize(
    "body",
    [b'{"rows": [{"a": 1, "b": "x"}, {"a": 2}]}', b'{"rows": {"a": [1, 2], "b": ["x", null]}}'],
)
def test_rows_and_columns_are_read(body: bytes) -> None:
    frame = plane(echo).read(call(body))["rows"]
    assert list(frame.columns) == ["a", "b"]
    assert frame["a"].tolist() == [1, 2]
    assert written(frame) == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


def test_every_kind_of_column_is_written_with_null_for_what_is_missing() -> None:
    frame = pd.DataFrame(
        {
            "when": [pd.Timestamp("2026-01-02"), pd.NaT],
            "share": [0.1, np.nan],
            "whole": pd.array([1, None], dtype="Int64"),
            "sort": pd.Categorical(["x", None]),
            "yes": [True, False],
            3: [np.int8(1), np.int8(2)],
            "lasts": [pd.Timedelta(seconds=1), pd.NaT],
        },
        index=["one", "two"],
    )
    assert written(frame) == [
        {"when": "2026-01-02T00:00:00", "share": 0.1, "whole": 1, "sort": "x", "yes": True,
         "3": 1, "lasts": "P0DT0H0M1S"},
        {"when": None, "share": None, "whole": None, "sort": None, "yes": False,
         "3": 2, "lasts": None},
    ]  # fmt: skip
    assert written({"one": frame["share"], "at": frame["when"].iloc[0]}) == {
        "one": [0.1, None],
        "at": "2026-01-02T00:00:00",
    }


@pytest.mark.parametrize(
    ("body", "expected", "came"),
    [
        (b"3", "a list of row objects, or an object of columns", "int"),
        (b"[{}, 1]", "a list of row objects", "int as row 1"),
        (b'{"a": 1}', "lists as columns", "int as 'a'"),
        (b'{"a": [1], "b": [1, 2]}', "columns of one length", "columns of 1, 2"),
    ],
)
def test_what_is_no_frame_is_said(body: bytes, expected: str, came: str) -> None:
    assert faults(plane(echo), call(b'{"rows": ' + body + b"}")) == [("rows", expected, came)]
