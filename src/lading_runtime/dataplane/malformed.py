"""Why a body is not JSON, in more detail than the decoder gives. Asked only where it is not."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..call import Body
from ..problem import Problem

_DIGITS = 4300
"""Of a whole number, at most."""


class _Odd(NamedTuple):
    """A number that JSON, or a double, does not have; as it was written."""

    text: str


def malformed(body: Body, error: Exception) -> Problem:
    """The problem, with the place in the body of what the decoder did not read."""
    try:
        text = bytes(body).decode()
    except UnicodeDecodeError as wrong:
        byte = wrong.object[wrong.start]
        detail = f"the body is not UTF-8 at byte {wrong.start}, where 0x{byte:02x} stands"
        return Problem("malformed_json", detail)
    for path, odd in _odd(text):
        return Problem("malformed_json", f"{path}: {_why(odd)}" if path else _why(odd))
    return Problem("malformed_json", f"the body is not JSON: {error}")


def _why(odd: str) -> str:
    shown = odd if len(odd) <= 20 else odd[:20] + "…"
    if "N" in odd or "I" in odd:
        return f"{shown} is not in JSON; expected null or a number"
    if len(odd.lstrip("-")) > _DIGITS and "." not in odd:
        return f"{shown} has more than {_DIGITS} digits"
    return f"{shown} is past what a number in JSON holds, about 1.8e308"


def _odd(text: str) -> list[tuple[str, str]]:
    """The first one's path, such as `rows[2].price`, and itself; nothing where there is none."""
    try:
        parsed = json.loads(text, parse_constant=_Odd, parse_float=_number, parse_int=_whole)
        found = next(_within(parsed, ""), None)
    except (ValueError, RecursionError):
        return []
    return [] if found is None else [found]


def _number(text: str) -> Any:
    return _Odd(text) if math.isinf(float(text)) else 0.0


def _whole(text: str) -> Any:
    return _Odd(text) if len(text.lstrip("-")) > _DIGITS else 0


def _within(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, _Odd):
        yield path, value.text
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _within(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _within(item, f"{path}[{index}]")
