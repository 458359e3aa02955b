"""The data plane of a graph: as a handler's, and a header that tells which nodes fell back."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

from ..call import Answer, Call
from ..dataplane.plane import DataPlane

HEADER = "x-lading-fallback"


class Outcome(NamedTuple):
    """A result that is not as it was meant to be: `fallbacks` are paths of nodes."""

    value: Any
    fallbacks: tuple[str, ...]


class GraphPlane(DataPlane):
    """Around a handler whose results may be Outcomes."""

    def write(self, result: Any, call: Call) -> Answer:
        if not isinstance(result, Outcome):
            return super().write(result, call)
        answer = super().write(result.value, call)
        told = ", ".join(quote(one, safe="[]") for one in dict.fromkeys(result.fallbacks))
        answer.headers = {**answer.headers, HEADER: told}
        return answer
