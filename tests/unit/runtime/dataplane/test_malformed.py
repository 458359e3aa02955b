"""Bodies that are not JSON, and what their senders are told."""

from __future__ import annotations

from typing import Any

import pytest

from lading_runtime.problem import Problem
from tests.unit.runtime.dataplane import calls
from tests.unit.runtime.dataplane.calls import call


def predict(x: Any) -> Any: ...


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"x": NaN}', "x: NaN is not in JSON; expected null or a number"),
        (b'{"x": [1, -Infinity]}', "x[1]: -Infinity is not in JSON; expected null or a number"),
        (b'{"x": [{"a": 1e999}]}', "x[0].a: 1e999 is past what a number in JSON holds, "),
        (b'{"x": 1%s}' % (b"0" * 5000), "x: 10000000000000000000… has more than 4300 digits"),
        (b"NaN", "NaN is not in JSON; expected null or a number"),
        (b'{"x": "\xc3\xa9\xff"}', "the body is not UTF-8 at byte 9, where 0xff stands"),
        (b'{"\xff": 1}', "the body is not UTF-8 at byte 2, where 0xff stands"),
        (b'{"x": NaN,}', "the body is not JSON: JSON is malformed: invalid character (byte 6)"),
        (b'{"x"', "the body is not JSON: Input data was truncated"),
        (b'{"x": ' + b"[" * 100_000, "the body is nested too deeply"),
    ],
)
def test_the_place_is_named(body: bytes, detail: str) -> None:
    with pytest.raises(Problem) as raised:
        calls.plane(predict).read(call(body))
    assert (raised.value.code, raised.value.detail[: len(detail)]) == ("malformed_json", detail)
