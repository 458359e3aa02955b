"""Services that are a graph of calls to others: an executor in the place of a user's handler.

`document.py` is what a graph.json holds, made by `lading` from the `graph:` of lading.yaml;
`hints.py` turns its input into a signature. `executing.py` runs a graph, with `expressions.py` for
values and references, `order.py` for who waits for whom and `ensembles.py` for mean and vote; it
knows a `Caller` and no network.
`calling.py` is the caller that goes through the gateway, and `failures.py` what a caller of the
graph is told. May import `dataplane`, `handlers` and `client`. Start at `loading.py`.
"""

from __future__ import annotations

from .loading import load
from .plane import GraphPlane

__all__ = ["GraphPlane", "load"]
