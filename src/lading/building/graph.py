"""A service that is a graph of calls to others, as its image holds it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FILE = "graph.json"
"""In the folder of an image's source."""
_VERSION = 1


@dataclass(frozen=True)
class Graph:
    """All of a graph: JSON that `lading_runtime.graphs.document` reads. Equal graphs have equal
    text."""

    text: str

    @classmethod
    def of(
        cls,
        arguments: Sequence[Mapping[str, Any]],
        steps: Mapping[str, Any],
        output: Mapping[str, Any],
        result: Mapping[str, Any],
    ) -> Graph:
        """`arguments` and `steps` in the order of the file; `result` is the output's schema."""
        document = {
            "version": _VERSION,
            "input": list(arguments),
            "steps": steps,
            "output": output,
            "result": result,
        }
        return cls(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
